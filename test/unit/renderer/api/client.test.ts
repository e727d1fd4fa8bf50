import { expect, test, vi } from 'vitest'
import { createSocketClient } from '../../../../renderer/api/client.ts'
import type { StudioError } from '../../../../shared/domain/error.ts'
import { scriptedSockets } from './scripted-socket.ts'

const INFO = { version: '1.2.3', dataFolder: '/data', platform: 'linux', repaired: null }

function startClient() {
  const world = scriptedSockets()
  const faults: unknown[] = []
  const client = createSocketClient({
    open: world.open,
    schedule: world.schedule,
    onFault: (error) => faults.push(error),
  })
  const say = (message: unknown) => world.latest().onmessage?.({ data: JSON.stringify(message) })
  const sent = () => world.latest().sent.map((text) => JSON.parse(text) as { id: number; call: string; input: unknown })
  const lose = () => {
    world.latest().onclose?.()
    world.elapse()
  }
  return { world, client, faults, say, sent, lose, open: () => world.latest().onopen?.() }
}

/** Lets promises settle. */
const settle = () => new Promise((resolve) => setImmediate(resolve))

test('a call made before the connection is sent when it opens, and answered', async () => {
  const { client, open, sent, say } = startClient()
  const answer = client.call('app.info', {})
  await settle()
  expect(sent()).toEqual([])
  open()
  expect(sent()).toEqual([{ id: 1, call: 'app.info', input: {} }])
  say({ id: 1, ok: true, output: INFO })
  expect(await answer).toEqual(INFO)
})

test('answers find their calls in any order', async () => {
  const { client, open, say } = startClient()
  open()
  const first = client.call('app.info', {})
  const second = client.call('runs.list', {})
  await settle()
  say({ id: 2, ok: true, output: [] })
  say({ id: 1, ok: true, output: INFO })
  expect(await second).toEqual([])
  expect(await first).toEqual(INFO)
})

test('a reading call under way is sent again after a loss', async () => {
  const { client, open, sent, say, lose } = startClient()
  open()
  const answer = client.call('runs.list', {})
  await settle()
  lose()
  open()
  expect(sent()).toEqual([{ id: 1, call: 'runs.list', input: {} }])
  say({ id: 1, ok: true, output: [] })
  expect(await answer).toEqual([])
})

test('a changing call under way fails at the loss and is not sent again', async () => {
  const { client, open, sent, lose } = startClient()
  open()
  const stop = client.call('runs.stop', { runId: 'a', checkpoint: true })
  await settle()
  lose()
  await expect(stop).rejects.toMatchObject({ data: { code: 'refused', retryable: true } })
  open()
  expect(sent()).toEqual([])
})

test('a changing call without a connection fails at once', async () => {
  const { client } = startClient()
  await expect(client.call('runs.delete', { runId: 'a' })).rejects.toThrow('no connection')
})

test('an error of the host arrives with its hint', async () => {
  const { client, open, say } = startClient()
  open()
  const answer = client.call('runs.get', { runId: 'x' })
  await settle()
  say({ id: 1, ok: false, error: { code: 'not-found', message: 'There is no run x.', hint: 'Look at the list.' } })
  const error = (await answer.catch((thrown: unknown) => thrown)) as StudioError
  expect(error.data).toMatchObject({ code: 'not-found', hint: 'Look at the list.', details: [] })
})

test('an input the contract refuses is not sent, and every fault is named', async () => {
  const { client, open, sent } = startClient()
  open()
  const wrong = { runId: '', names: [], maxPoints: 1, fromStep: null, toStep: null }
  const error = (await client.call('metrics.series', wrong).catch((thrown: unknown) => thrown)) as StudioError
  expect(error.data.details).toHaveLength(2)
  expect(error.data.details.join(' ')).toMatch(/runId.*maxPoints/s)
  expect(sent()).toEqual([])
})

test('an output the contract does not know fails the call', async () => {
  const { client, open, say } = startClient()
  open()
  const answer = client.call('app.info', {})
  await settle()
  say({ id: 1, ok: true, output: { version: 7 } })
  await expect(answer).rejects.toThrow('app.info is not what this page expects')
})

test('events reach their listeners until the subscription ends', () => {
  const { client, open, say } = startClient()
  open()
  const listener = vi.fn()
  const end = client.on('run.deleted', listener)
  say({ event: 'run.deleted', payload: { runId: 'a' } })
  end()
  say({ event: 'run.deleted', payload: { runId: 'b' } })
  expect(listener.mock.calls).toEqual([[{ runId: 'a' }]])
})

test('text that is no message of the host is reported and the connection goes on', () => {
  const { client, open, say, faults, world } = startClient()
  open()
  world.latest().onmessage?.({ data: '{' })
  say({ event: 'run.deleted', payload: {} })
  expect(faults).toHaveLength(2)
  expect(client.state().kind).toBe('open')
})
