import { useMutation } from '@tanstack/react-query'
import type { MethodKind } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { useStudio } from '../../api/studio.tsx'
import { goTo } from '../../router/route.ts'

/** Starting the run, or one a method; its screen, or the comparison of all of them, opens when they are accepted. */
export function useStart(methods: readonly MethodKind[]) {
  const studio = useStudio()
  return useMutation({
    mutationFn: async (config: RunConfig) =>
      methods.length > 1
        ? await studio.call('runs.startTwins', { config, methods: [...methods] })
        : [await studio.call('runs.start', config)],
    onSuccess: ([first, ...others]) => {
      if (first === undefined) return
      if (others.length === 0) goTo({ screen: 'run', runId: first.id, tab: 'curves' })
      else goTo({ screen: 'compare', runs: [first, ...others].map(({ id }) => id) })
    },
  })
}
export type Start = ReturnType<typeof useStart>
