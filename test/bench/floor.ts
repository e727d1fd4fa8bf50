import { modelFromConfig } from '../../main/engine/models/index.ts'
import type { Model, ModelTask } from '../../main/engine/models/model.ts'
import { targetLinears } from '../../main/engine/train/targets.ts'
import { type RunConfig, runConfigSchema } from '../../shared/domain/run-config.ts'
import { modelConfigOf, SHAPES, type StepCase, tokensOf } from './step-case.ts'

/** Classes of the shapes that classify. */
export const LABELS = 8

/** The configuration of a run that takes the steps of a case. */
export const runConfigOf = (measured: StepCase): RunConfig => {
  const { shape, method, r, accumulation, checkpointing, detached, bf16, dtype, quantization } = measured
  return runConfigSchema.parse({
    model_name_or_path: 'random',
    train_file: 'random',
    task_type: SHAPES[shape].task,
    method,
    r: method === 'vera' || method === 'dvora' ? 256 : r,
    lora_alpha: 32,
    target_modules: [...SHAPES[shape].targets],
    learning_rate: 1e-4,
    trajectory_steps: 0,
    gradient_accumulation_steps: accumulation,
    gradient_checkpointing: checkpointing,
    detach_norm: detached,
    bf16,
    dtype,
    quantization,
  })
}

/** The model of a case, with random weights to come. */
export function modelOf(measured: StepCase): Model {
  const causal = SHAPES[measured.shape].task === 'CAUSAL_LM'
  const task: ModelTask = causal ? { type: 'CAUSAL_LM' } : { type: 'SEQ_CLS', labels: LABELS }
  return modelFromConfig(modelConfigOf(measured), task)
}

/** Operations of a step, in 10^9. */
export type Floor = { readonly weights: number; readonly adapters: number; readonly attention: number }

/**
 * Operations of the products that no program can do without: forward and back through every weight, the weight's own
 * gradient where it is trained, the low-rank factors, and attention (causal masking is not made use of).
 */
export function floorOf(measured: StepCase): Floor {
  const config = runConfigOf(measured)
  const { description } = modelOf(measured)
  const { linears, parameters, outputs, vocabSize } = description
  const hidden = parameters[0]?.shape[1] ?? 0
  const weights = linears.reduce((total, { inFeatures, outFeatures }) => total + inFeatures * outFeatures, 0)
  const head = outputs === vocabSize && !linears.some((linear) => linear.head) ? vocabSize * hidden : 0
  const full = config.method === 'full'
  const thin = full ? [] : targetLinears(description, config)
  const adapters = thin.reduce((total, { inFeatures, outFeatures }) => total + config.r * (inFeatures + outFeatures), 0)
  const gflop = (perToken: number) => (perToken * tokensOf(measured)) / 1e9
  return {
    weights: gflop((full ? 6 : 4) * (weights + head)),
    adapters: gflop(6 * adapters),
    attention: gflop(12 * measured.length * hidden * description.layers),
  }
}

export const totalOf = ({ weights, adapters, attention }: Floor): number => weights + adapters + attention
