import { inputLength } from './assemble.ts'
import type { Sample } from './samples.ts'

/**
 * Puts samples together in rows of at most `capacity` positions: the longest first, each into the fullest row that still
 * holds it (best-fit decreasing, within 22 % of the fewest rows possible).
 */
export function packSamples(samples: readonly Sample[], capacity: number): Sample[] {
  const order = [...samples.keys()].sort((a, b) => length(samples, b) - length(samples, a) || a - b)
  // Open rows by the positions they have left.
  const open: Sample[][][] = Array.from({ length: capacity + 1 }, () => [])
  for (const index of order) {
    const sample = samples[index] as Sample
    const needed = length(samples, index)
    let left = Math.min(needed, capacity)
    while (left <= capacity && open[left]?.length === 0) left++
    const row = open[left]?.pop() ?? []
    row.push(sample)
    const remaining = Math.max(0, (row.length === 1 ? capacity : left) - needed)
    open[remaining]?.push(row)
  }
  return open.flat().map((parts) => ({ ids: new Int32Array(0), promptLength: 0, parts }))
}

const length = (samples: readonly Sample[], index: number) => inputLength(samples[index] as Sample)
