import type { FitChanges } from '../../../../shared/domain/fit.ts'
import { METHODS } from '../../../../shared/domain/method.ts'
import { holdsFloat32, type RunConfig } from '../../../../shared/domain/run-config.ts'
import { lengthSteps } from './length.ts'
import { halves, type Proposal } from './proposal.ts'

const MOST_ACCUMULATION = 4096
/** Below this rank little is left of an adapter. */
const LEAST_RANK = 4

const hasField = ({ method }: RunConfig, field: keyof RunConfig): boolean =>
  (METHODS[method].fields as readonly string[]).includes(field)

/** Embeddings are told apart within a batch, so a smaller one is another task. */
const batchIsTheTask = ({ task_type: task, problem_type: problem }: RunConfig): boolean =>
  task === 'FEATURE_EXTRACTION' && problem !== 'regression'

/** Smaller micro-batches and as many more of them: the same rows in a step, and but for rounding the same gradient. */
function smallerBatches(config: RunConfig): FitChanges[] {
  const { per_device_train_batch_size: batch, gradient_accumulation_steps: accumulation } = config
  if (batchIsTheTask(config)) return []
  return Array.from({ length: batch - 1 }, (_, i) => i + 2)
    .filter((parts) => batch % parts === 0 && accumulation * parts <= MOST_ACCUMULATION)
    .map((parts) => ({
      per_device_train_batch_size: batch / parts,
      gradient_accumulation_steps: accumulation * parts,
    }))
}

/** Lower ranks whose adapters are scaled as before: by alpha / r, or alpha / sqrt(r) with rsLoRA. */
function lowerRanks(config: RunConfig): FitChanges[] {
  const { r, lora_alpha: alpha, use_rslora: root, adapter_name_or_path: adapter } = config
  // The ranks of an adapter that training starts from are given.
  if (!hasField(config, 'r') || adapter !== null) return []
  return halves(r, LEAST_RANK).map((lower) => {
    const share = root ? Math.sqrt(lower / r) : lower / r
    return { r: lower, ...(hasField(config, 'lora_alpha') && { lora_alpha: alpha * share }) }
  })
}

const codes = (config: RunConfig, kind: 'int8' | 'nf4', over: readonly RunConfig['quantization'][]): FitChanges[] =>
  hasField(config, 'quantization') && over.includes(config.quantization) ? [{ quantization: kind }] : []

/**
 * All ways to need less memory. First those that leave what is learnt as it is, then what rounds the frozen base, then what
 * learns from less text or with fewer numbers. An addition is one entry here and its kind in shared/domain/fit.ts.
 */
export const PROPOSALS: readonly Proposal[] = [
  { kind: 'batch', steps: smallerBatches },
  {
    kind: 'checkpointing',
    steps: ({ gradient_checkpointing: on }) => (on ? [] : [{ gradient_checkpointing: true }]),
  },
  {
    kind: 'eval-batch',
    steps: ({ per_device_eval_batch_size: batch }, { evaluates }) =>
      evaluates ? halves(batch, 1).map((half) => ({ per_device_eval_batch_size: half })) : [],
  },
  { kind: 'bfloat16', steps: (config) => (holdsFloat32(config) ? [{ dtype: 'bfloat16' }] : []) },
  { kind: 'int8', steps: (config) => codes(config, 'int8', ['none']) },
  { kind: 'nf4', steps: (config) => codes(config, 'nf4', ['none', 'int8']) },
  { kind: 'length', steps: lengthSteps },
  { kind: 'rank', steps: lowerRanks },
]
