/** Sequence lengths of a graph's static shapes are multiples of this. */
const unit = 8
/** A further shape costs graph size and warm-up; it must be worth this share of all positions. */
const worthwhile = 0.03

export const roundUp = (n: number): number => Math.max(unit, Math.ceil(n / unit) * unit)

/**
 * Up to `maxBuckets` sequence lengths (ascending) that hold all `lengths` with the fewest padded positions: exact, by
 * dynamic programming over the distinct lengths. Every bucket but the last holds at least `minRows` rows, so that no
 * shape is built for a batch that never fills.
 */
export function chooseLengths(lengths: readonly number[], maxBuckets: number, minRows: number): number[] {
  const counts = new Map<number, number>()
  for (const length of lengths) counts.set(roundUp(length), (counts.get(roundUp(length)) ?? 0) + 1)
  const sizes = [...counts.keys()].sort((a, b) => a - b)
  const total = prefixSums(sizes.map((size) => counts.get(size) as number))
  const layers = coverings(sizes, total, Math.max(1, maxBuckets), minRows)
  const last = sizes.length - 1
  const costs = layers.map(({ cost }) => cost[last] as number)
  const best = Math.min(...costs)
  const chosen = costs.findIndex((cost) => cost <= best * (1 + worthwhile))
  return traceBack(layers, sizes, chosen)
}

/** cost[j]: positions needed for the rows of sizes 0..j in k + 1 buckets; from[j]: first size of the last of them. */
type Layer = { readonly cost: Float64Array; readonly from: Int32Array }

function coverings(sizes: readonly number[], total: readonly number[], buckets: number, minRows: number): Layer[] {
  const positions = (i: number, j: number) => (sizes[j] as number) * rows(total, i, j)
  const layers: Layer[] = [
    { cost: Float64Array.from(sizes, (_, j) => positions(0, j)), from: new Int32Array(sizes.length) },
  ]
  while (layers.length < buckets) {
    const before = layers.at(-1) as Layer
    const cost = new Float64Array(sizes.length).fill(Number.POSITIVE_INFINITY)
    const from = new Int32Array(sizes.length)
    for (let j = 1; j < sizes.length; j++) {
      for (let i = 1; i <= j; i++) {
        if (rows(total, before.from[i - 1] as number, i - 1) < minRows) continue
        const candidate = (before.cost[i - 1] as number) + positions(i, j)
        if (candidate >= (cost[j] as number)) continue
        cost[j] = candidate
        from[j] = i
      }
    }
    layers.push({ cost, from })
  }
  return layers
}

function traceBack(layers: readonly Layer[], sizes: readonly number[], chosen: number): number[] {
  const lengths: number[] = []
  let j = sizes.length - 1
  for (let k = chosen; k >= 0; k--) {
    lengths.unshift(sizes[j] as number)
    j = ((layers[k] as Layer).from[j] as number) - 1
  }
  return lengths
}

const rows = (total: readonly number[], i: number, j: number) => (total[j + 1] as number) - (total[i] as number)

function prefixSums(values: readonly number[]): number[] {
  const sums = [0]
  for (const value of values) sums.push((sums.at(-1) as number) + value)
  return sums
}
