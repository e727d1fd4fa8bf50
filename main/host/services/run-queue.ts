import { toErrorData } from '../../../shared/domain/error.ts'

/** One run at a time, first come first served. `claim` may be refused while another host trains on the same store. */
export type RunQueueOptions = {
  /** Takes the run for this host; false: another one is training. */
  readonly claim: (runId: string) => boolean
  /** Settles when the run has ended. */
  readonly launch: (runId: string) => Promise<void>
  readonly retryMs: number
  /** Told of the waiting runs, first to start first, whenever one joins, moves or is taken. */
  readonly onOrder?: (waiting: readonly string[]) => void
}

export type RunQueue = {
  add(runId: string): void
  /** Moves a waiting run to a place counted from 1; false if it was not waiting. */
  move(runId: string, position: number): boolean
  /** True if it was waiting. */
  remove(runId: string): boolean
  /** Starts nothing more; returns the runs that were waiting. */
  close(): string[]
}

/** The waiting runs of this host. */
export function createRunQueue({ claim, launch, retryMs, onOrder = () => {} }: RunQueueOptions): RunQueue {
  let waiting: string[] = []
  let busy = false
  let timer: NodeJS.Timeout | undefined
  let said = ''

  /** A store that fails (its disk is full) must not end the host; undefined then. */
  function attempt<T>(what: string, work: () => T): T | undefined {
    try {
      return work()
    } catch (error) {
      const text = `${what}: ${toErrorData(error).message}`
      if (text !== said) console.error(text)
      said = text
      return undefined
    }
  }
  function pump(): void {
    clearTimeout(timer)
    const next = waiting[0]
    if (busy || next === undefined) return
    if (!attempt(`Run ${next} cannot be taken yet`, () => claim(next))) {
      timer = setTimeout(pump, retryMs)
      return
    }
    waiting = waiting.slice(1)
    busy = true
    attempt('The order of the queue could not be stored', () => onOrder(waiting))
    void launch(next)
      .catch((error: unknown) => console.error(`Run ${next}:`, error))
      .finally(() => {
        busy = false
        pump()
      })
  }
  return {
    add(runId) {
      waiting = [...waiting, runId]
      onOrder(waiting)
      pump()
    },
    move(runId, position) {
      if (!waiting.includes(runId)) return false
      const others = waiting.filter((one) => one !== runId)
      waiting = [...others.slice(0, position - 1), runId, ...others.slice(position - 1)]
      onOrder(waiting)
      return true
    },
    remove(runId) {
      const found = waiting.includes(runId)
      waiting = waiting.filter((one) => one !== runId)
      return found
    },
    close() {
      clearTimeout(timer)
      const left = waiting
      waiting = []
      return left
    },
  }
}
