import { expect, test } from 'vitest'
import { createPacer } from '../../../../renderer/api/pacer.ts'

/** A pacer on a clock of its own; a drawing takes `cost` milliseconds. */
function startPacer(cost: number) {
  let time = 0
  const waiting: { task: () => void; at: number }[] = []
  const timeout = (task: () => void, ms: number) => void waiting.push({ task, at: time + ms })
  const draws: number[] = []
  const pace = createPacer({
    now: () => time,
    timeout,
    frame: (task) => task(),
    shortestPause: 200,
    longestPause: 2000,
  })
  const draw = () =>
    pace(() => {
      draws.push(time)
      time += cost
    })
  const runAll = () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      time = Math.max(time, next.at)
      next.task()
    }
  }
  return { draw, draws, runAll }
}

const gap = (cost: number): number => {
  const { draw, draws, runAll } = startPacer(cost)
  draw()
  runAll()
  draw()
  runAll()
  return (draws[1] ?? 0) - (draws[0] ?? 0) - cost
}

test('the first drawing does not wait', () => {
  const { draw, draws, runAll } = startPacer(1)
  draw()
  runAll()
  expect(draws).toEqual([0])
})

test('cheap drawings come five times a second, costly ones rest twelve times their cost, two seconds at most', () => {
  expect([1, 50, 900].map(gap)).toEqual([200, 600, 2000])
})
