import { expect, test } from 'vitest'
import {
  accuracyDifference,
  meanDifference,
  shareDifference,
} from '../../../../main/host/services/paired/difference.ts'
import { criticalT, mcNemarP, twoSidedP } from '../../../../main/host/services/paired/student-t.ts'
import { headNote } from '../../../../shared/domain/paired.ts'

/** The other side of each is mpmath's, to 16 digits. */
test.each([
  [0.5, 4, 0.6433299631818633],
  [2, 9, 0.07655282377070104],
  [3.7, 30, 0.0008645998532472895],
  [1.96, 1199, 0.05022713069234685],
  [12, 60, 1.378632264181774e-17],
  [0.01, 1, 0.9936340144701835],
])('P(|T| >= %d) with %d degrees of freedom', (t, freedom, expected) => {
  expect(twoSidedP(t, freedom) / expected).toBeCloseTo(1, 10)
  expect(twoSidedP(-t, freedom)).toBe(twoSidedP(t, freedom))
})

test.each([
  [1, 12.7062047361747],
  [4, 2.77644510519779],
  [30, 2.04227245630124],
  [1199, 1.96194449083944],
])('the t beyond which 5 %% lie, with %d degrees of freedom', (freedom, expected) => {
  expect(criticalT(0.05, freedom)).toBeCloseTo(expected, 10)
})

test.each([
  [10, 25, 0.01667384780012071],
  [0, 7, 0.015625],
  [5, 5, 1],
  [300, 240, 0.01105048108193001],
  [0, 0, 1],
])('McNemar of %d lost and %d won', (lost, won, expected) => {
  expect(mcNemarP(lost, won)).toBeCloseTo(expected, 12)
  expect(mcNemarP(won, lost)).toBe(mcNemarP(lost, won))
})

test('a mean difference has the interval and the p of the paired t test', () => {
  const found = meanDifference([1, 2, 1.5, 0.7, 2.2, 1.1], [0.8, 1.7, 1.6, 0.4, 1.9, 0.6])
  expect(found.difference).toBeCloseTo(-0.25, 12)
  expect(found.low).toBeCloseTo(-0.457246933219944, 10)
  expect(found.high).toBeCloseTo(-0.0427530667800561, 10)
  expect(found.p).toBeCloseTo(0.0268267731585176, 10)
  expect(meanDifference([1, 2], [1, 2])).toMatchObject({ difference: 0, low: 0, high: 0, p: 1, test: 't' })
  expect(meanDifference([1, 2], [2, 3])).toMatchObject({ difference: 1, p: 0 })
})

/** So many examples that both have right, that only the first has, that only the second has, that neither has. */
const answers = (both: number, first: number, second: number, neither: number) => {
  const of = (...counts: readonly (readonly [number, number])[]) =>
    counts.flatMap(([count, value]) => Array.from({ length: count }, () => value))
  return {
    a: of([both, 1], [first, 1], [second, 0], [neither, 0]),
    b: of([both, 1], [first, 0], [second, 1], [neither, 0]),
  }
}

test('a difference of shares looks at the examples on which the two disagree', () => {
  const { a, b } = answers(60, 5, 15, 20)
  const found = shareDifference(a, b)
  expect(found).toMatchObject({ a: 0.65, b: 0.75 })
  expect(found.difference).toBeCloseTo(0.1, 12)
  expect(found.low).toBeCloseTo(0.009942397356103375, 12)
  expect(found.high).toBeCloseTo(0.18613603401644563, 12)
  expect(found.p).toBeCloseTo(mcNemarP(5, 15), 12)
  const same = answers(50, 0, 0, 50)
  expect(shareDifference(same.a, same.b)).toMatchObject({ difference: 0, p: 1 })
})

test('the interval holds the truth in about 95 of 100 samples, also where the two hardly ever disagree', () => {
  // Only the second is right with 4 %, only the first with 2 %: the truth is 0.02. A fixed sequence, so never by luck.
  let state = 12345
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  let held = 0
  for (let sample = 0; sample < 2000; sample++) {
    const [a, b] = [new Array<number>(200).fill(1), new Array<number>(200).fill(1)]
    for (let i = 0; i < 200; i++) {
      const one = random()
      if (one < 0.04) a[i] = 0
      else if (one < 0.06) b[i] = 0
    }
    const { low, high } = shareDifference(a, b)
    if (low <= 0.02 && 0.02 <= high) held++
  }
  expect(held / 2000).toBeGreaterThan(0.935)
  expect(held / 2000).toBeLessThan(0.985)
})

test('shares between right and wrong are compared by their means', () => {
  expect(accuracyDifference([0.5, 1, 0.25], [0.5, 1, 0.75])).toEqual(meanDifference([0.5, 1, 0.25], [0.5, 1, 0.75]))
  expect(accuracyDifference([0.5, 1], [1, 0]).test).toBe('t')
  expect(accuracyDifference([0, 1], [1, 0]).test).toBe('mcnemar')
})

test('a base that was judged with an untrained head is told of, by name', () => {
  const names: [string, string] = ['Base of Kinds', 'Kinds']
  expect(headNote({ names, lacksHead: [true, false] })).toContain('Base of Kinds has no head for this task')
  expect(headNote({ names, lacksHead: [false, false] })).toBeNull()
})
