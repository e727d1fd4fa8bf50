import type { RunConfig } from '../../shared/domain/run-config.ts'
import type { ExactStep } from './exact-run.ts'

/**
 * float32 keeps a gradient, a sum of terms of all sizes through all layers, no better than this share of the largest one
 * beside it: up to 27 times 2^-23 are measured in these cases, on a processor with AVX2 alone.
 */
const NOISE = 2 ** -18

/** An AdamW update is at most about the learning rate in size, so two of them are no further apart than twice that. */
const FURTHEST = 2

/**
 * How far the values of a trained array may be from exact ones because of float32 noise in its gradients alone, element by
 * element. Adam divides by the root v of the mean square of an element's own gradients, so noise weighs the more the
 * smaller they are: a gradient off by d moves both the mean m and v by at most d (both are norms of the gradients), and
 * m/v by at most d (1 + |m/v|) / (v - d). Where exact gradients are zero, as a key's bias in GPT-2, which does not
 * change attention at all, every program moves the element at random.
 */
export function noiseAllowance(steps: readonly ExactStep[], config: RunConfig): Float64Array {
  const { adam_beta1: beta1, adam_beta2: beta2, adam_epsilon: epsilon } = config
  const sum = new Float64Array(steps[0]?.gradient.length ?? 0)
  steps.forEach(({ learningRate, gradient, first, second }, n) => {
    const noise = NOISE * gradient.reduce((most, one) => Math.max(most, Math.abs(one)), 0)
    const [correct1, correct2] = [1 - beta1 ** (n + 1), 1 - beta2 ** (n + 1)]
    for (let i = 0; i < sum.length; i++) {
      const size = Math.sqrt((second[i] as number) / correct2) + epsilon
      const update = Math.abs(first[i] as number) / correct1 / size
      const moved = size > noise ? (noise * (1 + update)) / (size - noise) : FURTHEST
      sum[i] = (sum[i] as number) + learningRate * Math.min(FURTHEST, moved)
    }
  })
  return sum
}
