import { expect, test } from 'vitest'
import { createHostSupervisor, restartDelay } from '../../../main/electron/host-supervisor.ts'
import type { HostState } from '../../../shared/bridge.ts'

/** A supervisor whose processes and clock are played by the test. */
function play() {
  const states: HostState[] = []
  const heard: unknown[] = []
  const children: {
    sent: unknown[]
    say(message: unknown): void
    end(reason: string): void
    left: boolean
    killed: boolean
  }[] = []
  let tasks: { task: () => void; at: number }[] = []
  let time = 0
  const supervisor = createHostSupervisor({
    start() {
      const listeners = { message: (_: unknown) => {}, end: (_: string) => {} }
      const child = {
        sent: [] as unknown[],
        left: false,
        killed: false,
        say: (message: unknown) => listeners.message(message),
        end: (reason: string) => listeners.end(reason),
      }
      children.push(child)
      return {
        send: (message) => void child.sent.push(message),
        onMessage: (listener) => Object.assign(listeners, { message: listener }),
        onEnd: (listener) => Object.assign(listeners, { end: listener }),
        leave: () => Object.assign(child, { left: true }),
        kill: () => Object.assign(child, { killed: true }),
      }
    },
    schedule(task, ms) {
      const entry = { task, at: time + ms }
      tasks.push(entry)
      return () => {
        tasks = tasks.filter((other) => other !== entry)
      }
    },
    now: () => time,
    onState: (state) => states.push(state),
    onMessage: (message) => heard.push(message),
    logFolder: '/logs',
  })
  function pass(ms: number): void {
    time += ms
    const due = tasks.filter(({ at }) => at <= time)
    tasks = tasks.filter(({ at }) => at > time)
    for (const { task } of due) task()
  }
  const ready = () => children.at(-1)?.say({ id: 0, ok: true, output: {} })
  return { supervisor, states, heard, children, pass, ready }
}

test('a host is ready once it has answered, and is sent nothing before', () => {
  const { supervisor, children, ready, heard } = play()
  supervisor.start()
  expect(supervisor.send({ id: 1 })).toBe(false)
  ready()
  expect(supervisor.state()).toEqual({ kind: 'ready' })
  expect(supervisor.send({ id: 1 })).toBe(true)
  expect(children[0]?.sent).toHaveLength(2)
  children[0]?.say({ id: 1, ok: true })
  children[0]?.say('not a message')
  expect(heard).toEqual([{ id: 1, ok: true }])
})

test('a host that ends is started again after growing pauses, with the reason', () => {
  const { supervisor, children, pass, states, ready } = play()
  supervisor.start()
  ready()
  children[0]?.end('exit code 1')
  expect(states.at(-1)).toEqual({ kind: 'restarting', attempt: 1, retryMs: 500, reason: 'exit code 1' })
  pass(499)
  expect(children).toHaveLength(1)
  pass(1)
  expect(children).toHaveLength(2)
  children[1]?.end('exit code 1')
  expect(states.at(-1)).toMatchObject({ attempt: 2, retryMs: 1000 })
  expect([1, 2, 3, 4, 5, 6, 7].map(restartDelay)).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000])
})

test('five ends within a minute are given up with a written reason, until the user tries again', () => {
  const { supervisor, children, pass, ready } = play()
  supervisor.start()
  for (let end = 0; end < 5; end++) {
    children.at(-1)?.end('exit code 3')
    pass(10_000)
  }
  expect(children).toHaveLength(5)
  const state = supervisor.state()
  expect(state).toMatchObject({
    kind: 'gone',
    error: { retryable: true, message: expect.stringContaining('exit code 3') },
  })
  expect(state.kind === 'gone' && state.error.hint).toContain('/logs')
  supervisor.start()
  ready()
  expect(supervisor.state()).toEqual({ kind: 'ready' })
})

test('ends that are far apart are no loop', () => {
  const { supervisor, children, pass } = play()
  supervisor.start()
  for (let end = 0; end < 20; end++) {
    children.at(-1)?.end('killed')
    pass(20_000)
  }
  expect(supervisor.state()).toEqual({ kind: 'starting' })
})

test('closing asks the host to leave, waits for its end, and does not start it again', async () => {
  const { supervisor, children, pass } = play()
  supervisor.start()
  const closed = supervisor.close(1000)
  expect(children[0]).toMatchObject({ left: true, killed: false })
  children[0]?.end('exit code 0')
  await closed
  pass(60_000)
  expect(children).toHaveLength(1)
})

test('a host that does not leave is killed after the time given', async () => {
  const { supervisor, children, pass } = play()
  supervisor.start()
  const closed = supervisor.close(1000)
  pass(1000)
  expect(children[0]?.killed).toBe(true)
  children[0]?.end('SIGKILL')
  await closed
})
