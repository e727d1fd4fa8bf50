import { describe, expect, it } from 'vitest'
import { chooseToken, probabilities } from '../../../../main/engine/generate/sampling.ts'
import { seededRandom } from '../../../../main/engine/random.ts'

const LOGITS = Float32Array.of(1, 3, 2, -1)
const ALL = { temperature: 1, top_k: 0, top_p: 1, repetition_penalty: 1 }
const none: ReadonlySet<number> = new Set()
const idsOf = (options: Partial<typeof ALL>) => probabilities(LOGITS, { ...ALL, ...options }).map(({ id }) => id)

describe('choosing a token', () => {
  it('takes the likeliest one at temperature 0, the first of equals', () => {
    const greedy = { ...ALL, temperature: 0 }
    expect(chooseToken(LOGITS, none, greedy, () => 0.99)).toBe(1)
    expect(chooseToken(Float32Array.of(2, 5, 5), none, greedy, () => 0.99)).toBe(1)
  })

  it('draws as often as the softmax says', () => {
    const random = seededRandom(7, 'test')
    const counts = [0, 0, 0, 0]
    const draws = 40_000
    for (let i = 0; i < draws; i++) {
      const id = chooseToken(LOGITS, none, { ...ALL, temperature: 2 }, random)
      counts[id] = (counts[id] as number) + 1
    }
    const weights = [...LOGITS].map((logit) => Math.exp(logit / 2))
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    counts.forEach((count, i) => {
      expect(Math.abs(count / draws - (weights[i] as number) / total)).toBeLessThan(0.01)
    })
  })

  it('keeps the k likeliest, all for 0 and for more than there are', () => {
    expect(idsOf({ top_k: 1 })).toEqual([1])
    expect(idsOf({ top_k: 2 })).toEqual([1, 2])
    expect(idsOf({ top_k: 99 })).toEqual([1, 2, 0, 3])
    expect(idsOf({ top_k: 0 })).toEqual([1, 2, 0, 3])
  })

  it('keeps the fewest tokens that reach the wanted probability, never none', () => {
    // Shares are 0.656, 0.241, 0.089 and 0.012 or so.
    expect(idsOf({ top_p: 1e-9 })).toEqual([1])
    expect(idsOf({ top_p: 0.65 })).toEqual([1])
    expect(idsOf({ top_p: 0.67 })).toEqual([1, 2])
    expect(idsOf({ top_p: 0.95 })).toEqual([1, 2, 0])
    expect(idsOf({ top_p: 1 })).toHaveLength(4)
  })

  it('shares out all probability among what is kept', () => {
    const kept = probabilities(LOGITS, { ...ALL, top_k: 2 })
    expect(kept.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12)
    expect(kept[0]?.share).toBeCloseTo(Math.E / (Math.E + 1), 6)
  })

  it('makes seen tokens less likely whether their logit is positive or negative', () => {
    const penalty = { ...ALL, temperature: 0, repetition_penalty: 2 }
    expect(chooseToken(LOGITS, new Set([1]), penalty, () => 0)).toBe(2)
    expect(chooseToken(Float32Array.of(-1, -1.5), new Set([0]), penalty, () => 0)).toBe(1)
  })

  it('survives logits far beyond what exp can hold', () => {
    expect(chooseToken(Float32Array.of(5000, -5000), none, ALL, () => 0.999999)).toBe(0)
  })
})
