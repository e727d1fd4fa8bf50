import { uptime } from 'node:os'

/** How coarse the count of seconds since the start of the machine may be. */
const COARSE_MS = 1_000

/**
 * Begins to measure time: the function answers with the milliseconds since. Setting the clock changes nothing in them, and
 * the time a machine was asleep, in which `performance.now` stands still, is counted.
 */
export function stopwatch(now = () => performance.now(), awake = uptime): () => number {
  const [began, up] = [now(), awake()]
  return () => Math.round(Math.max(now() - began, (awake() - up) * 1000 - COARSE_MS))
}
