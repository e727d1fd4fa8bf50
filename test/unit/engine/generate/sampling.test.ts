import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chooseToken, penalised, probabilities } from '../../../../main/engine/generate/sampling.ts'
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

type Case = {
  /** Null stands for minus infinity. */
  readonly logits: readonly (number | null)[]
  readonly seen: readonly number[]
  readonly options: typeof ALL
  readonly probabilities: readonly number[]
}
const GOLDEN = JSON.parse(readFileSync(join(import.meta.dirname, '../../../fixtures/sampling.json'), 'utf8')) as Case[]
const logitsOf = ({ logits }: Case) => Float32Array.from(logits, (value) => value ?? Number.NEGATIVE_INFINITY)

/** Upper quantile of chi-square by Wilson and Hilferty; z = 3.7 is passed once in 10,000 times. */
const chiSquareBound = (freedom: number, z = 3.7) =>
  freedom * (1 - 2 / (9 * freedom) + z * Math.sqrt(2 / (9 * freedom))) ** 3

/** Chi-square of draws against probabilities, over what is expected five times at least (the rest as one). */
function chiSquare(counts: readonly number[], shares: readonly number[], draws: number) {
  const cells = new Map<number, { expected: number; seen: number }>()
  shares.forEach((share, id) => {
    const key = share * draws >= 5 ? id : -1
    const cell = cells.get(key) ?? { expected: 0, seen: 0 }
    cells.set(key, { expected: cell.expected + share * draws, seen: cell.seen + (counts[id] as number) })
  })
  const used = [...cells.values()].filter(({ expected }) => expected > 0)
  const value = used.reduce((sum, { expected, seen }) => sum + (seen - expected) ** 2 / expected, 0)
  return { value, freedom: used.length - 1 }
}

function countsOf(one: Case, draws: number): number[] {
  const random = seededRandom(5, 'chi-square')
  const seen = new Set(one.seen)
  const counts = one.logits.map(() => 0)
  for (let i = 0; i < draws; i++) {
    const id = chooseToken(logitsOf(one), seen, one.options, random)
    counts[id] = (counts[id] as number) + 1
  }
  return counts
}

describe("sampling as transformers' processors have it (test/fixtures/make_sampling.py)", () => {
  it.each(GOLDEN.map((one, i) => [i, one] as const))('case %i has their probabilities', (_, one) => {
    const scores = penalised(logitsOf(one), new Set(one.seen), one.options.repetition_penalty)
    const shares = new Map(probabilities(scores, one.options).map(({ id, share }) => [id, share]))
    one.probabilities.forEach((wanted, id) => {
      const got = shares.get(id) ?? 0
      // Which tokens are left is exact; a tiny share may be 0 in float32.
      if (wanted > 0 || got > 1e-30) expect(got > 0, `token ${id}`).toBe(wanted > 0)
      expect(Math.abs(got - wanted), `token ${id}`).toBeLessThan(2e-6)
    })
  })

  it('draws as often as they say, by a chi-square test that sees a wrong temperature', () => {
    const draws = 1_500
    const isWide = ({ probabilities: shares }: Case) => shares.filter((share) => share * draws >= 5).length > 3
    const wide = GOLDEN.filter(isWide).slice(-12)
    expect(wide).toHaveLength(12)
    let noticed = 0
    for (const one of wide) {
      const counts = countsOf(one, draws)
      const { value, freedom } = chiSquare(counts, one.probabilities, draws)
      expect(value, JSON.stringify(one.options)).toBeLessThan(chiSquareBound(freedom))
      const warmer = { ...one, options: { ...one.options, temperature: 2 * one.options.temperature } }
      const other = chiSquare(countsOf(warmer, draws), one.probabilities, draws)
      if (other.value > chiSquareBound(other.freedom)) noticed++
    }
    expect(noticed).toBeGreaterThan(9)
  })
})
