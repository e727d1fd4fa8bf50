import type { FitAnswer } from '../../../shared/domain/fit.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { wholeMemory } from '../../../shared/domain/run-preview.ts'
import { useCall } from '../../api/studio.tsx'
import type { Check } from './draft.ts'
import type { PreviewState } from './use-preview.ts'

export type FitState = {
  readonly fit: FitAnswer | undefined
  readonly error: Error | null
  readonly wanted: boolean
}

const NOTHING = { model_name_or_path: '', train_file: '' } as RunConfig

/** Whether a run as it is previewed needs more than it may have. */
export function exceeds({ preview, stale }: Pick<PreviewState, 'preview' | 'stale'>, limit: number | null): boolean {
  const memory = preview?.plan?.memory
  if (!memory || stale) return false
  return wholeMemory(memory) > Math.min(limit ?? Number.POSITIVE_INFINITY, memory.available)
}

/** What would make the run fit, asked of the engine where it does not. */
export function useFit(check: Check, state: PreviewState, limit: number | null): FitState {
  const wanted = check.ok && exceeds(state, limit)
  const config = check.ok ? check.config : NOTHING
  const { data, error } = useCall('runs.fit', { config, limit }, { enabled: wanted, anew: true })
  return { fit: wanted ? data : undefined, error: wanted ? error : null, wanted }
}
