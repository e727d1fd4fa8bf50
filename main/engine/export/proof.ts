import type { MergeProof } from '../../../shared/domain/export.ts'

/** Running comparison of two models' logits [positions, vocab]; padding positions are left out by `real`. */
export type Comparison = {
  add(adapted: Float32Array, merged: Float32Array, real: Int32Array, rows: number): void
  proof(): MergeProof
}

export function compareLogits(vocab: number): Comparison {
  const totals = { prompts: 0, tokens: 0, difference: 0, logit: 0, kl: 0, agree: 0 }
  return {
    add: (adapted, merged, real, rows) => {
      totals.prompts += rows
      for (let t = 0; t < real.length; t++) {
        if (real[t] === 0) continue
        const a = adapted.subarray(t * vocab, (t + 1) * vocab)
        const b = merged.subarray(t * vocab, (t + 1) * vocab)
        totals.tokens += 1
        a.forEach((value, i) => {
          totals.difference = Math.max(totals.difference, Math.abs(value - (b[i] as number)))
          totals.logit = Math.max(totals.logit, Math.abs(value))
        })
        totals.kl += divergence(a, b)
        totals.agree += a.indexOf(largest(a)) === b.indexOf(largest(b)) ? 1 : 0
      }
    },
    proof: () => ({
      prompts: totals.prompts,
      tokens: totals.tokens,
      maxAbsDifference: totals.difference,
      maxAbsLogit: totals.logit,
      meanKl: totals.kl / totals.tokens,
      topOneAgreement: totals.agree / totals.tokens,
      dtype: 'float32',
      unrounded: null,
    }),
  }
}

const largest = (values: Float32Array): number =>
  values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY)

/** KL(softmax(a) || softmax(b)) in nats, in float64; never below 0 by rounding. */
function divergence(a: Float32Array, b: Float32Array): number {
  const logSum = (x: Float32Array) => {
    const top = largest(x)
    return top + Math.log(x.reduce((sum, value) => sum + Math.exp(value - top), 0))
  }
  const [za, zb] = [logSum(a), logSum(b)]
  const total = a.reduce((sum, value, i) => sum + Math.exp(value - za) * (value - za - ((b[i] as number) - zb)), 0)
  return Math.max(0, total)
}
