import { useDebouncedValue } from '@mantine/hooks'
import { isHubRevision } from '../../../shared/domain/hub.ts'
import type { ModelFacts } from '../../../shared/domain/model-facts.ts'
import { useCall } from '../../api/studio.tsx'
import type { Draft } from './draft.ts'

const TYPING_PAUSE_MS = 500

export type FoundModel = {
  readonly facts: ModelFacts | undefined
  readonly error: Error | null
  /** The text has changed since; the facts are of another folder. */
  readonly waiting: boolean
}

/** What the chosen folder or model of the hub holds, asked once the typing has paused. */
export function useModelFacts({ model_name_or_path: model, model_revision }: Draft): FoundModel {
  const asked = { folder: String(model).trim(), revision: String(model_revision).trim() || null }
  const [settled] = useDebouncedValue(JSON.stringify(asked), TYPING_PAUSE_MS)
  const { folder, revision } = JSON.parse(settled) as typeof asked
  const enabled = folder !== '' && (revision === null || isHubRevision(revision))
  const { data, error } = useCall('models.inspect', { folder: folder || '/', revision }, { enabled })
  return { facts: data, error, waiting: settled !== JSON.stringify(asked) }
}
