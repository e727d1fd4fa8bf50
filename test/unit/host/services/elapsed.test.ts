import { expect, test } from 'vitest'
import { stopwatch } from '../../../../main/host/services/elapsed.ts'

test('a stopwatch goes by the precise clock, and by that of the machine where it was asleep', () => {
  let [now, awake] = [5_000, 100]
  const elapsed = stopwatch(
    () => now,
    () => awake,
  )
  ;[now, awake] = [5_400.4, 101]
  expect(elapsed()).toBe(400)
  // Eight hours of sleep, in which the precise clock stood still.
  ;[now, awake] = [6_400, 100 + 8 * 3600]
  expect(elapsed()).toBe(8 * 3_600_000 - 1_000)
})
