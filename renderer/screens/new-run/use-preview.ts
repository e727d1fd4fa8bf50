import { useDebouncedValue } from '@mantine/hooks'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { PreviewAnswer } from '../../../shared/domain/run-preview.ts'
import { useCall } from '../../api/studio.tsx'
import type { Check } from './draft.ts'

/** So long nothing is typed before anything is asked, in milliseconds. */
export const TYPING_PAUSE_MS = 900

export type PreviewState = {
  readonly preview: PreviewAnswer | undefined
  readonly error: Error | null
  /** What is shown is of earlier settings. */
  readonly stale: boolean
}

const NOTHING: RunConfig = { model_name_or_path: '', train_file: '' } as RunConfig

/** What the run would be, asked of the engine once the typing has paused; the last answer stays until the next one. */
export function usePreview(check: Check): PreviewState {
  const config = check.ok ? check.config : null
  const [settled] = useDebouncedValue(config, TYPING_PAUSE_MS)
  const { data, error, isPlaceholderData, isFetching } = useCall('runs.preview', settled ?? NOTHING, {
    enabled: settled !== null,
    keep: true,
  })
  const waiting = JSON.stringify(settled) !== JSON.stringify(config)
  return { preview: config === null ? undefined : data, error, stale: waiting || isPlaceholderData || isFetching }
}
