import { expect, test, vi } from 'vitest'
import { createDesktopClient } from '../../../../renderer/api/desktop-client.ts'
import type { PageMessage } from '../../../../shared/bridge.ts'

function connect() {
  const sent: { id: number; call: string }[] = []
  let say: (message: PageMessage) => void = () => undefined
  const restartHost = vi.fn()
  const desktop = createDesktopClient({
    send: (text) => void sent.push(JSON.parse(text)),
    subscribe(listener) {
      say = listener
      return () => undefined
    },
    restartHost,
  })
  return { desktop, sent, say: (message: PageMessage) => say(message), restartHost }
}

test('calls wait until the host is ready and are answered over the bridge', async () => {
  const { desktop, sent, say } = connect()
  await Promise.resolve()
  const list = desktop.client.call('runs.list', {})
  expect(desktop.client.state().kind).toBe('connecting')
  await Promise.resolve()
  expect(sent).toEqual([])
  say({ kind: 'host', state: { kind: 'ready' } })
  expect(desktop.client.state().kind).toBe('open')
  expect(sent).toMatchObject([{ call: 'runs.list' }])
  say({ kind: 'wire', text: JSON.stringify({ id: sent[0]?.id, ok: true, output: [] }) })
  expect(await list).toEqual([])
})

test('a host that ends is a lost connection, and reading calls are made again at the next one', async () => {
  vi.useFakeTimers()
  const { desktop, sent, say } = connect()
  await Promise.resolve()
  say({ kind: 'host', state: { kind: 'ready' } })
  const list = desktop.client.call('runs.list', {})
  await Promise.resolve()
  say({ kind: 'host', state: { kind: 'restarting', attempt: 1, retryMs: 500, reason: 'exit code 1' } })
  expect(desktop.client.state().kind).toBe('waiting')
  expect(desktop.hostState()).toMatchObject({ kind: 'restarting' })
  await vi.advanceTimersByTimeAsync(300)
  say({ kind: 'host', state: { kind: 'ready' } })
  expect(desktop.client.state().kind).toBe('open')
  expect(sent.map(({ call }) => call)).toEqual(['runs.list', 'runs.list'])
  say({ kind: 'wire', text: JSON.stringify({ id: sent[1]?.id, ok: true, output: [] }) })
  expect(await list).toEqual([])
  vi.useRealTimers()
})
