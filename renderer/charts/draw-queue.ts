type Options = {
  readonly schedule: (task: () => void) => void
  readonly now: () => number
  /** Milliseconds after which the rest waits for the next turn; 0: one drawing a turn. */
  readonly budget: number
}

/** Drawings one after another, so that the page answers between them. */
export function createDrawQueue({ schedule, now, budget }: Options) {
  const jobs = new Map<string, () => void>()
  let waiting = false

  const turn = () => {
    const start = now()
    for (const [key, run] of jobs) {
      jobs.delete(key)
      run()
      if (now() - start >= budget) break
    }
    waiting = jobs.size > 0
    if (waiting) schedule(turn)
  }
  return {
    /** A newer drawing of the same chart takes the place of one that waits. */
    put(key: string, run: () => void) {
      jobs.set(key, run)
      if (waiting) return
      waiting = true
      schedule(turn)
    },
    drop: (key: string) => jobs.delete(key),
  }
}
