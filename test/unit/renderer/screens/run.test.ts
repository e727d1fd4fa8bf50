import { expect, test } from 'vitest'
import { suggestFolder } from '../../../../renderer/screens/run/export-folder.ts'
import { remainingMs } from '../../../../renderer/screens/run/remaining.ts'
import { isWithinBounds, mergedSizes } from '../../../../shared/domain/export.ts'

const point = (value: number, step: number) => ({ step, value, min: value, max: value, wallMs: 0 })

test('an export goes to a folder of its own, named after run and kind', () => {
  expect(suggestFolder('/data/', 'Kinds of things (DoRA)', 'merged', [])).toBe(
    '/data/exports/kinds-of-things-dora-merged',
  )
  expect(suggestFolder('C:\\Data', '中文', 'adapter', [])).toBe('C:\\Data\\exports\\run-adapter')
})

test('a folder that is taken gets the next free number', () => {
  const taken = ['/d/exports/a-merged', '/d/exports/a-merged-2']
  expect(suggestFolder('/d', 'a', 'merged', taken)).toBe('/d/exports/a-merged-3')
})

test('the time left follows the latest steps, not the slow first ones', () => {
  const slowStart = Array.from({ length: 100 }, (_, i) => point(i < 50 ? 10 : 0.2, i))
  expect(remainingMs(slowStart, 100, 200)).toBeCloseTo(20_000, 6)
  expect(remainingMs([], 0, 200)).toBeNull()
  // The first three steps are warm-up; a step that compiled a new shape is no measure either.
  expect(remainingMs([point(9, 1), point(5, 2), point(1, 3)], 3, 103)).toBeNull()
  const steps = [point(9, 1), point(5, 2), point(1, 3), point(0.2, 4), point(8, 5), point(0.2, 6)]
  expect(remainingMs(steps, 6, 106)).toBeCloseTo(20_000, 6)
})

test('the merge is judged by the difference over the largest logit, and by what its dtype rounds', () => {
  const figures = { prompts: 1, tokens: 1, maxAbsLogit: 20, meanKl: 0, topOneAgreement: 1 }
  const proof = { ...figures, maxAbsDifference: 2e-3, dtype: 'float32' as const, unrounded: null }
  expect(isWithinBounds(proof)).toBe(true)
  expect(isWithinBounds({ ...proof, maxAbsDifference: 2.1e-3 })).toBe(false)
  const rounded = { ...proof, dtype: 'bfloat16' as const, maxAbsDifference: 0.6, unrounded: 1e-5 }
  expect(isWithinBounds(rounded)).toBe(true)
  expect(isWithinBounds({ ...rounded, maxAbsDifference: 0.7 })).toBe(false)
  expect(isWithinBounds({ ...rounded, dtype: 'float16' })).toBe(false)
  // Rounding hides no wrong merge, and what is no number is within no bound.
  expect(isWithinBounds({ ...rounded, unrounded: 0.3 })).toBe(false)
  expect(isWithinBounds({ ...rounded, maxAbsDifference: Number.NaN }, 10)).toBe(false)
})

test('a rounded merge needs room for its float32 files on the way', () => {
  expect(mergedSizes(100, 210)).toEqual([
    { dtype: null, bytes: 210, peakBytes: 610 },
    { dtype: 'float32', bytes: 400, peakBytes: 400 },
    { dtype: 'bfloat16', bytes: 200, peakBytes: 600 },
    { dtype: 'float16', bytes: 200, peakBytes: 600 },
  ])
  expect(mergedSizes(100, 900)[0]).toEqual({ dtype: null, bytes: 400, peakBytes: 400 })
})
