import { setImmediate } from 'node:timers/promises'

/** Work that can be left at each `yield` and gone on with later. */
export type Work<T> = Generator<undefined, T, undefined>

/** Longest stretch of work at once, in milliseconds. */
const LONGEST_TURN = 20

/** Does the work in one go. */
export function atOnce<T>(work: Work<T>): T {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
  }
}

/** Does the work in turns, between which other calls are answered. */
export async function inTurns<T>(work: Work<T>, now: () => number = () => performance.now()): Promise<T> {
  let start = now()
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
    if (now() - start < LONGEST_TURN) continue
    await setImmediate()
    start = now()
  }
}
