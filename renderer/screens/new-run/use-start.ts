import { useMutation } from '@tanstack/react-query'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { useStudio } from '../../api/studio.tsx'
import { goTo } from '../../router/route.ts'

/** Starting the run; its screen opens when it is accepted. */
export function useStart() {
  const studio = useStudio()
  return useMutation({
    mutationFn: (config: RunConfig) => studio.call('runs.start', config),
    onSuccess: (run) => goTo({ screen: 'run', runId: run.id, tab: 'curves' }),
  })
}
export type Start = ReturnType<typeof useStart>
