import { useDebouncedValue } from '@mantine/hooks'
import { useQueries } from '@tanstack/react-query'
import type { MethodKind } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { PreviewAnswer } from '../../../shared/domain/run-preview.ts'
import { twinConfigs } from '../../../shared/domain/twins.ts'
import { callQuery, useStudio } from '../../api/studio.tsx'
import type { Check } from './draft.ts'
import { TYPING_PAUSE_MS } from './use-preview.ts'

/** What one of several runs would be; undefined until it is known. */
export type TwinPreview = {
  readonly method: MethodKind
  readonly preview: PreviewAnswer | undefined
  readonly error: Error | null
}

/** None where the settings have no twins, which starting them tells with its reason. */
function configsOf(check: Check, methods: readonly MethodKind[]): readonly RunConfig[] {
  if (!check.ok || methods.length < 2 || check.config.adapter_name_or_path !== null) return []
  return twinConfigs(check.config, methods)
}

/** The preview of each of the runs that will start together; none where it is one alone. */
export function useTwinPreviews(check: Check, methods: readonly MethodKind[]): readonly TwinPreview[] {
  const studio = useStudio()
  const [settled] = useDebouncedValue(configsOf(check, methods), TYPING_PAUSE_MS)
  return useQueries({
    queries: settled.map((config) => callQuery(studio, 'runs.preview', config)),
    combine: (answers) =>
      answers.map(({ data, error }, i) => ({ method: settled[i]?.method ?? 'dora', preview: data, error })),
  })
}
