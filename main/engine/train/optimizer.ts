import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Role } from '../adapters/adapter.ts'
import type { Node, Update } from '../ir/graph.ts'
import { add, clampMin, div, fill, mul, placeholder, scale, sqrt, sumSquares } from '../ops/index.ts'
import type { Trainable } from './state.ts'

/** Scalars fed at each optimizer step; see `stepScalars`. */
export type OptimizerInputs = { readonly stepSize: Node; readonly learningRate: Node; readonly epsilon: Node }

export const optimizerInputs = (): OptimizerInputs => ({
  stepSize: placeholder('stepSize', 'float32', []),
  learningRate: placeholder('learningRate', 'float32', []),
  epsilon: placeholder('epsilon', 'float32', []),
})

/**
 * Adam's bias correction, done here in float64: with c1 = 1 - beta1^t and c2 = 1 - beta2^t the update
 * lr (m/c1) / (sqrt(v/c2) + eps) is stepSize m / (sqrt(v) + epsilon).
 */
export function stepScalars(
  config: RunConfig,
  learningRate: number,
  step: number,
): Record<keyof OptimizerInputs, Float32Array> {
  // The kernels hold the betas in float32; 1 - beta2 is then off by 1e-5, and the correction must be of the same beta.
  const first = 1 - Math.fround(config.adam_beta1) ** step
  const second = Math.sqrt(1 - Math.fround(config.adam_beta2) ** step)
  return {
    stepSize: Float32Array.of((learningRate * second) / first),
    learningRate: Float32Array.of(learningRate),
    epsilon: Float32Array.of(config.adam_epsilon * second),
  }
}

/** Learning rate and weight decay of a role beside the run's own: LoRA+ for B and embeddings, and m's own pair. */
export function roleSettings(role: Role, config: RunConfig): { rateFactor: number; weightDecay: number } {
  const { loraplus_lr_ratio: ratio, loraplus_lr_embedding: rate, learning_rate: ownRate } = config
  if (role === 'm') return { rateFactor: config.magnitude_lr_ratio, weightDecay: config.magnitude_weight_decay }
  const ofEmbedding = ratio === 1 ? 1 : rate / ownRate
  const rateFactor = role === 'B' ? ratio : role === 'embedding' ? ofEmbedding : 1
  return { rateFactor, weightDecay: config.weight_decay }
}

/** Norm of all gradients together, a scalar. */
export const globalNorm = (gradients: readonly Node[]): Node =>
  sqrt(gradients.map((gradient) => sumSquares(gradient)).reduce(add))

/** min(1, maxNorm / (norm + 1e-6)), as torch.nn.utils.clip_grad_norm_ scales. */
function clipFactor(norm: Node, maxNorm: number): Node {
  const ratio = div(add(norm, fill(1e-6)), fill(maxNorm))
  return div(fill(1), clampMin(ratio, 1))
}

/** AdamW (arXiv 1711.05101) on every trainable, after clipping by global norm. */
export function adamwUpdates(
  trainables: readonly Trainable[],
  gradients: readonly Node[],
  norm: Node,
  inputs: OptimizerInputs,
  config: RunConfig,
): Update[] {
  const factor = config.max_grad_norm > 0 ? clipFactor(norm, config.max_grad_norm) : null
  return trainables.map((trainable, i) => {
    const { rateFactor, weightDecay } = roleSettings(trainable.role, config)
    const gradient = gradients[i] as Node
    return {
      kind: 'adamw',
      variable: trainable.variable,
      first: trainable.first,
      second: trainable.second,
      gradient: factor ? mul(gradient, factor) : gradient,
      stepSize: scale(inputs.stepSize, rateFactor),
      decay: weightDecay > 0 ? scale(inputs.learningRate, rateFactor * weightDecay) : null,
      epsilon: inputs.epsilon,
      beta1: config.adam_beta1,
      beta2: config.adam_beta2,
    }
  })
}
