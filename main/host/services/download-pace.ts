/** Memory of the pace, in seconds: long enough to be steady, short enough to follow a change. */
const MEMORY_S = 4
const SHORTEST_S = 0.5

/** Bytes a second over the last seconds, from what there is in all; null until it can be told. */
export function createDownloadPace(): (bytes: number, nowMs: number) => number | null {
  let last: { bytes: number; at: number } | undefined
  let pace: number | null = null
  return (bytes, nowMs) => {
    last ??= { bytes, at: nowMs }
    const seconds = (nowMs - last.at) / 1000
    if (seconds < SHORTEST_S) return pace
    const measured = Math.max(0, bytes - last.bytes) / seconds
    const weight = pace === null ? 1 : 1 - Math.exp(-seconds / MEMORY_S)
    pace = (pace ?? 0) * (1 - weight) + measured * weight
    last = { bytes, at: nowMs }
    return pace
  }
}
