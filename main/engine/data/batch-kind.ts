import type { RunConfig } from '../../../shared/domain/run-config.ts'

/** What a task's batches hold beside token ids, mask and labels. */
export type BatchKind = {
  /** Rows of the batch that belong to one sample: 2 for pairs of texts that are embedded. */
  readonly sequences: 1 | 2
  readonly tokenTypes: boolean
  /** Several samples share a row; each token's position in its own sample is fed. */
  readonly packed: boolean
  /** Numbers a label consists of, where it is not one class. */
  readonly values: number
  /** Equal texts of a batch are told by equal numbers. */
  readonly groups: boolean
}

/** What a run needs; program and data both ask here, so that they agree. */
export function batchKind(
  { task_type: task, problem_type: problem, packing }: RunConfig,
  { tokenTypes = false, outputs }: { readonly tokenTypes?: boolean; readonly outputs: number },
): BatchKind {
  const embeds = task === 'FEATURE_EXTRACTION'
  const isClass = task === 'CAUSAL_LM' || task === 'TOKEN_CLS' || problem === 'single_label_classification'
  return {
    sequences: embeds ? 2 : 1,
    tokenTypes,
    packed: packing && task === 'CAUSAL_LM',
    values: isClass ? 0 : embeds ? 1 : outputs,
    groups: embeds && isClass,
  }
}
