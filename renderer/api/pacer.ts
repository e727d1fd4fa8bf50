export type PacerOptions = {
  readonly now: () => number
  readonly timeout: (task: () => void, ms: number) => void
  readonly frame: (task: () => void) => void
  /** Bounds of the pause between two drawings, in milliseconds. */
  readonly shortestPause: number
  readonly longestPause: number
}

/** Pause as a multiple of the cost: drawing takes a twelfth of one core at most, since the engine needs them all. */
const REST = 12

/**
 * Runs tasks at frames, and the less often the more they cost: the time from a task's start until the browser is free
 * again (drawing included) is measured, and twelve times as long is waited.
 */
export function createPacer({ now, timeout, frame, shortestPause, longestPause }: PacerOptions) {
  let pause = shortestPause
  let freeAt = Number.NEGATIVE_INFINITY

  const run = (task: () => void) => {
    const start = now()
    task()
    timeout(() => {
      const cost = now() - start
      pause = Math.min(longestPause, Math.max(shortestPause, REST * cost))
      freeAt = now() + pause
    }, 0)
  }
  return (task: () => void): void => timeout(() => frame(() => run(task)), Math.max(0, freeAt - now()))
}
