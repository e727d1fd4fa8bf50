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

test('nothing is told before the first answer; then the second model is expected to take what the first does', () => {
  const { pace, after } = clocked()
  expect(pace.left()).toBeNull()
  pace.opens()
  after(4)
  pace.answered({ done: 0, total: 100 })
  expect(pace.left()).toBeNull()
  after(5)
  pace.answered({ done: 10, total: 100 })
  // 90 more at half a second, then 4 to open and 100 more.
  expect(pace.left()).toBeCloseTo(45 + 4 + 50, 10)
})

test('while the second opens its time runs down, and its own pace counts once it answers', () => {
  const { pace, after } = clocked()
  pace.opens()
  after(4)
  pace.answered({ done: 0, total: 10 })
  after(10)
  pace.answered({ done: 10, total: 10 })
  pace.opens()
  after(3)
  expect(pace.left()).toBeCloseTo(1 + 10, 10)
  after(60)
  expect(pace.left()).toBe(0)
  pace.answered({ done: 0, total: 10 })
  after(4)
  pace.answered({ done: 2, total: 10 })
  expect(pace.left()).toBeCloseTo(16, 10)
})

test('where the answers of the first were known, the second alone is measured', () => {
  const { pace, after } = clocked()
  pace.opens()
  pace.opens()
  expect(pace.left()).toBeNull()
  pace.answered({ done: 0, total: 8 })
  after(2)
  pace.answered({ done: 4, total: 8 })
  expect(pace.left()).toBeCloseTo(2, 10)
})
