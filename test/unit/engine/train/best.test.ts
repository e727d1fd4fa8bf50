import { expect, test } from 'vitest'
import { afterValidation, type BestSoFar, isExhausted, NOTHING_SEEN } from '../../../../main/engine/train/best.ts'

const PATIENCE = { early_stopping_patience: 2, early_stopping_threshold: 0.1 }

function after(losses: readonly number[]): BestSoFar {
  return losses.reduce((best, loss, i) => afterValidation(best, i + 1, loss, PATIENCE), NOTHING_SEEN)
}

test('the first validation is the best so far', () => {
  expect(after([2])).toEqual({ step: 1, loss: 2, misses: 0, seenAt: 1 })
})

test('a loss lower by less than the threshold is the best, but no gain', () => {
  expect(after([2, 1.95])).toEqual({ step: 2, loss: 1.95, misses: 1, seenAt: 2 })
})

test('a gain starts the count again', () => {
  expect(after([2, 2.5, 1])).toMatchObject({ step: 3, misses: 0 })
})

test('patience ends after as many misses in a row, and never where it is switched off', () => {
  expect(isExhausted(after([2, 3]), PATIENCE)).toBe(false)
  expect(isExhausted(after([2, 3, 3]), PATIENCE)).toBe(true)
  expect(isExhausted(after([2, 3, 3, 3]), { ...PATIENCE, early_stopping_patience: 0 })).toBe(false)
})
