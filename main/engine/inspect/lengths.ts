import type { DataFacts } from '../../../shared/domain/data-facts.ts'

const BINS = 40

/** A width in tokens that reads well: 1, 2, 5, 10, … so that at most 40 bins hold all. */
function binWidth(longest: number): number {
  const least = Math.max(1, Math.ceil((longest + 1) / BINS))
  const power = 10 ** Math.floor(Math.log10(least))
  return ([1, 2, 5, 10].find((step) => step * power >= least) ?? 10) * power
}

/** Counts of rows by their length in tokens, empty bins included, from 0 to the longest. */
export function histogramOf(lengths: readonly number[]): DataFacts['histogram'] {
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0)
  const width = binWidth(longest)
  const bins = Array.from({ length: Math.floor(longest / width) + 1 }, (_, i) => ({
    from: i * width,
    to: (i + 1) * width,
    rows: 0,
  }))
  for (const length of lengths) {
    const bin = bins[Math.floor(length / width)]
    if (bin) bin.rows += 1
  }
  return bins
}
