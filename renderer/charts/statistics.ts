export type Pair = { readonly x: number; readonly y: number }
export type Fit = { readonly correlation: number; readonly slope: number; readonly intercept: number }

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

/** Pearson's correlation and the least-squares line y = slope x + intercept; null where they are not defined. */
export function fitLine(pairs: readonly Pair[]): Fit | null {
  if (pairs.length < 2) return null
  const mx = mean(pairs.map(({ x }) => x))
  const my = mean(pairs.map(({ y }) => y))
  let sxx = 0
  let syy = 0
  let sxy = 0
  for (const { x, y } of pairs) {
    sxx += (x - mx) ** 2
    syy += (y - my) ** 2
    sxy += (x - mx) * (y - my)
  }
  if (sxx === 0 || syy === 0) return null
  const slope = sxy / sxx
  return { correlation: sxy / Math.sqrt(sxx * syy), slope, intercept: my - slope * mx }
}
