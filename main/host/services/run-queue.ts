/** One run at a time, first come first served. `claim` may be refused while another host trains on the same store. */
export type RunQueueOptions = {
  /** Takes the run for this host; false: another one is training. */
  readonly claim: (runId: string) => boolean
  /** Settles when the run has ended. */
  readonly launch: (runId: string) => Promise<void>
  readonly retryMs: number
}

export type RunQueue = {
  add(runId: string): void
  /** True if it was waiting. */
  remove(runId: string): boolean
  /** Starts nothing more; returns the runs that were waiting. */
  close(): string[]
}

/** The waiting runs of this host. */
export function createRunQueue({ claim, launch, retryMs }: RunQueueOptions): RunQueue {
  let waiting: string[] = []
  let busy = false
  let timer: NodeJS.Timeout | undefined

  function pump(): void {
    clearTimeout(timer)
    const next = waiting[0]
    if (busy || next === undefined) return
    if (!claim(next)) {
      timer = setTimeout(pump, retryMs)
      return
    }
    waiting = waiting.slice(1)
    busy = true
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
      pump()
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
