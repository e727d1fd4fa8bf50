import { expect, test } from 'vitest'
import { createDrawQueue } from '../../../../renderer/charts/draw-queue.ts'

function startQueue(budget: number) {
  let clock = 0
  const turns: (() => void)[] = []
  const drawn: string[] = []
  const queue = createDrawQueue({ schedule: (task) => turns.push(task), now: () => clock, budget })
  const draw = (name: string) => () => {
    clock += 10
    drawn.push(name)
  }
  return { queue, draw, drawn, turn: () => turns.shift()?.() }
}

test('drawings past the budget of a turn wait for the next', () => {
  const { queue, draw, drawn, turn } = startQueue(15)
  for (const name of ['a', 'b', 'c']) queue.put(name, draw(name))
  expect(drawn).toEqual([])
  turn()
  expect(drawn).toEqual(['a', 'b'])
  turn()
  expect(drawn).toEqual(['a', 'b', 'c'])
})

test('a newer drawing of a chart takes the place of the one that waits', () => {
  const { queue, draw, drawn, turn } = startQueue(0)
  queue.put('a', draw('old'))
  queue.put('a', draw('new'))
  turn()
  turn()
  expect(drawn).toEqual(['new'])
})

test('what was dropped is not drawn, and the queue goes on afterwards', () => {
  const { queue, draw, drawn, turn } = startQueue(0)
  queue.put('a', draw('a'))
  queue.drop('a')
  turn()
  queue.put('b', draw('b'))
  turn()
  expect(drawn).toEqual(['b'])
})
