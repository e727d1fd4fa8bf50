import { expect, test } from 'vitest'
import { suggestFolder } from '../../../../renderer/screens/run/export-folder.ts'
import { remainingMs } from '../../../../renderer/screens/run/remaining.ts'
import { relativeDifference } from '../../../../renderer/ui/merge-proof-view.tsx'

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

test('the merge is judged by the difference over the largest logit', () => {
  const proof = { prompts: 1, tokens: 1, maxAbsDifference: 2e-5, maxAbsLogit: 20, meanKl: 0, topOneAgreement: 1 }
  expect(relativeDifference(proof)).toBeCloseTo(1e-6, 12)
})
