import { expect, test } from 'vitest'
import { createPace } from '../../../../main/host/services/paired/pace.ts'

function clocked() {
  let clock = 100
  const pace = createPace(() => clock)
  const after = (seconds: number) => {
    clock += seconds
  }
  return { pace, after }
}

test('nothing is told before it is warm; then the second model is expected to take what the first does', () => {
  const { pace, after } = clocked()
  expect(pace.left()).toBeNull()
  pace.opens()
  after(4)
  pace.answered({ done: 0, total: 100 })
  after(6)
  // The first answers took three seconds each: no measure.
  pace.answered({ done: 2, total: 100 })
  expect(pace.left()).toBeNull()
  after(2)
  pace.answered({ done: 10, total: 100 })
  expect(pace.left()).toBeNull()
  after(5)
  pace.answered({ done: 20, total: 100 })
  // 80 more at half a second, then 12 until the tenth answer of the second and 90 more.
  expect(pace.left()).toBeCloseTo(40 + 12 + 45, 10)
})

test('while the second opens its time runs down, and its own pace counts once it is warm', () => {
  const { pace, after } = clocked()
  pace.opens()
  after(4)
  pace.answered({ done: 5, total: 10 })
  after(5)
  pace.answered({ done: 10, total: 10 })
  pace.opens()
  after(3)
  expect(pace.left()).toBeCloseTo(4 + 5 - 3, 10)
  after(60)
  expect(pace.left()).toBe(0)
  pace.answered({ done: 4, total: 10 })
  after(4)
  pace.answered({ done: 6, total: 10 })
  expect(pace.left()).toBeCloseTo(8, 10)
})

test('where the answers of the first were known, the second alone is measured', () => {
  const { pace, after } = clocked()
  pace.opens()
  pace.opens()
  expect(pace.left()).toBeNull()
  pace.answered({ done: 4, total: 8 })
  after(1)
  pace.answered({ done: 6, total: 8 })
  expect(pace.left()).toBeCloseTo(1, 10)
})
