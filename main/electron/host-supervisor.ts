import type { HostState } from '../../shared/bridge.ts'
import { fault, type StudioErrorData } from '../../shared/domain/error.ts'
import type { ServerMessage } from '../../shared/wire.ts'

/** The part of a forked process the supervisor uses; tests hand in their own. */
export type HostChild = {
  send(message: unknown): void
  onMessage(listener: (message: unknown) => void): void
  /** Called once, however the process ended; `reason` is for people. */
  onEnd(listener: (reason: string) => void): void
  /** Closes the channel: the host stops its run with a checkpoint and leaves. */
  leave(): void
  kill(): void
}

export type SupervisorOptions = {
  readonly start: () => HostChild
  /** Runs `task` after `ms`; returns the function that cancels it. */
  readonly schedule: (task: () => void, ms: number) => () => void
  /** Milliseconds, monotonic. */
  readonly now: () => number
  readonly onState: (state: HostState) => void
  readonly onMessage: (message: ServerMessage) => void
  /** Where the host's last words are, for the message to the user. */
  readonly logFolder: string
}

export type HostSupervisor = {
  state(): HostState
  /** Sends a message when the host is ready; false when it is not. */
  send(message: unknown): boolean
  /** Starts the host, and starts it again after it was given up. */
  start(): void
  /** Asks the host to leave; resolves when it is gone, by force after `forceMs`. */
  close(forceMs: number): Promise<void>
}

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 10_000
/** This many ends in so short a time are a loop, not bad luck. */
const LOOP_ENDS = 5
const LOOP_MS = 60_000
/** The first call, sent by the supervisor itself: its answer says that the host is open. */
const HELLO = { id: 0, call: 'app.info', input: {} }

/** Pause before restart number `attempt` (from 1): doubling, at most 10 s. */
export const restartDelay = (attempt: number): number => Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1))

function loopFault(reason: string, logFolder: string): StudioErrorData {
  return fault('internal', `The studio's host process ended ${LOOP_ENDS} times within a minute: ${reason}`, {
    hint: `Its last words are in ${logFolder}. Try again once what they name is cured; runs and checkpoints are safe.`,
    retryable: true,
  }).data
}

const isServerMessage = (message: unknown): message is ServerMessage =>
  typeof message === 'object' && message !== null && ('event' in message || 'id' in message)

/** Keeps one host alive: restarts it with back-off, and gives up with a written reason when it keeps ending. */
export function createHostSupervisor(options: SupervisorOptions): HostSupervisor {
  const { start: startChild, schedule, now, onState, onMessage, logFolder } = options
  let state: HostState = { kind: 'starting' }
  let child: HostChild | null = null
  let closing = false
  let ends: number[] = []
  let cancelRestart: () => void = () => {}
  let onGone: () => void = () => {}

  function enter(next: HostState): void {
    state = next
    onState(next)
  }
  function receive(message: unknown): void {
    if (!isServerMessage(message)) return
    if ('id' in message && message.id === HELLO.id) enter({ kind: 'ready' })
    else onMessage(message)
  }
  function ended(reason: string): void {
    child = null
    if (closing) {
      onGone()
      return
    }
    ends = [...ends.filter((at) => now() - at < LOOP_MS), now()]
    if (ends.length >= LOOP_ENDS) {
      enter({ kind: 'gone', error: loopFault(reason, logFolder) })
      return
    }
    const retryMs = restartDelay(ends.length)
    cancelRestart = schedule(launch, retryMs)
    enter({ kind: 'restarting', attempt: ends.length, retryMs, reason })
  }
  function launch(): void {
    enter({ kind: 'starting' })
    try {
      const current = startChild()
      child = current
      current.onMessage((message) => current === child && receive(message))
      current.onEnd((reason) => current === child && ended(reason))
      current.send(HELLO)
    } catch (error) {
      ended(error instanceof Error ? error.message : String(error))
    }
  }
  return {
    state: () => state,
    send(message) {
      if (state.kind !== 'ready' || !child) return false
      child.send(message)
      return true
    },
    start() {
      if (child || closing) return
      cancelRestart()
      if (state.kind === 'gone') ends = []
      launch()
    },
    close(forceMs) {
      closing = true
      cancelRestart()
      const current = child
      if (!current) return Promise.resolve()
      const cancelForce = schedule(() => current.kill(), forceMs)
      return new Promise((resolve) => {
        onGone = () => {
          cancelForce()
          resolve()
        }
        current.leave()
      })
    },
  }
}
