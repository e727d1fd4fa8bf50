import { useDebouncedValue } from '@mantine/hooks'
import type { ModelFacts } from '../../../shared/domain/model-facts.ts'
import { useCall } from '../../api/studio.tsx'

const TYPING_PAUSE_MS = 500

export type FoundModel = {
  readonly facts: ModelFacts | undefined
  readonly error: Error | null
  /** The text has changed since; the facts are of another folder. */
  readonly waiting: boolean
}

/** What the folder holds, asked once the typing has paused. */
export function useModelFacts(folder: string): FoundModel {
  const [settled] = useDebouncedValue(folder, TYPING_PAUSE_MS)
  const { data, error } = useCall('models.inspect', { folder: settled || '/' }, { enabled: settled !== '' })
  return { facts: data, error, waiting: settled !== folder }
}
