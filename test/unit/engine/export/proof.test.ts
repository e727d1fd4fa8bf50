import { expect, it } from 'vitest'
import { compareLogits } from '../../../../main/engine/export/proof.ts'

it('measures difference, divergence and agreement over real positions only', () => {
  const comparison = compareLogits(3)
  const adapted = Float32Array.of(0, 1, 2, 5, 0, 0, 9, 9, 9)
  const merged = Float32Array.of(0, 1, 2, 0, 5, 0, -9, 0, 0)
  comparison.add(adapted, merged, Int32Array.of(1, 1, 0), 1)
  const proof = comparison.proof()
  // Second position: p = softmax(5, 0, 0), the two large logits swapped, so KL = 5 (p0 - p1).
  const total = Math.exp(5) + 2
  const kl = (5 * (Math.exp(5) - 1)) / total
  expect(proof).toMatchObject({ prompts: 1, tokens: 2, maxAbsDifference: 5, maxAbsLogit: 5, topOneAgreement: 0.5 })
  expect(proof.meanKl).toBeCloseTo(kl / 2, 12)
})

it('finds nothing where nothing differs', () => {
  const comparison = compareLogits(2)
  const logits = Float32Array.of(3, -1, 0.5, 0.25)
  comparison.add(logits, logits.slice(), Int32Array.of(1, 1), 2)
  expect(comparison.proof()).toMatchObject({ prompts: 2, maxAbsDifference: 0, meanKl: 0, topOneAgreement: 1 })
})
