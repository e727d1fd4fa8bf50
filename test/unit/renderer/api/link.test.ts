import { expect, test } from 'vitest'
import { createLink, type LinkState, retryDelay } from '../../../../renderer/api/link.ts'
import { scriptedSockets } from './scripted-socket.ts'

function startLink() {
  const world = scriptedSockets()
  const states: LinkState['kind'][] = []
  const texts: string[] = []
  const link = createLink({
    open: world.open,
    schedule: world.schedule,
    onText: (text) => texts.push(text),
    onState: ({ kind }) => states.push(kind),
  })
  return { world, states, texts, link }
}

test('the pause between tries doubles and stops growing at five seconds', () => {
  expect([1, 2, 3, 4, 5, 6, 20].map(retryDelay)).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000])
})

test('a link that cannot open tries again with growing pauses', () => {
  const { world } = startLink()
  const pauses = [1, 2, 3].map(() => {
    world.latest().onclose?.()
    return world.elapse()
  })
  expect(pauses).toEqual([250, 500, 1000])
  expect(world.sockets).toHaveLength(4)
})

test('after a success the pauses start over', () => {
  const { world, states } = startLink()
  world.latest().onclose?.()
  world.elapse()
  world.latest().onopen?.()
  world.latest().onclose?.()
  expect(world.elapse()).toBe(250)
  expect(states).toEqual(['connecting', 'waiting', 'connecting', 'open', 'waiting', 'connecting'])
})

test('a socket that was given up is not listened to', () => {
  const { world, texts } = startLink()
  const first = world.latest()
  first.onclose?.()
  world.elapse()
  first.onmessage?.({ data: 'late' })
  world.latest().onmessage?.({ data: 'now' })
  expect(texts).toEqual(['now'])
})

test('retry connects at once and cancels the waiting try', () => {
  const { world, link } = startLink()
  world.latest().onclose?.()
  link.retry()
  expect(world.sockets).toHaveLength(2)
  expect(world.tasks[0]?.cancelled).toBe(true)
})

test('a closed link opens no further socket', () => {
  const { world, link, states } = startLink()
  world.latest().onopen?.()
  const socket = world.latest()
  link.close()
  socket.onclose?.()
  expect(socket.closed).toBe(true)
  expect(world.tasks).toEqual([])
  expect(states.at(-1)).toBe('closed')
})
