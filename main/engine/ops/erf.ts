/** erf in float64: near 0 by its series of positive terms, elsewhere by the continued fraction of 1 - erf. */
export function erfOf(x: number): number {
  if (Math.abs(x) > 2) return Math.sign(x) * (1 - erfcTail(Math.abs(x)))
  let term = x
  let total = x
  for (let n = 1; Math.abs(term) > 1e-18; n++) {
    term *= (2 * x * x) / (2 * n + 1)
    total += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total
}

/** exp(-x^2) / sqrt(pi) / (x + (1/2) / (x + (2/2) / (x + ...))) for x above 2 (NIST DLMF 7.9.1). */
function erfcTail(x: number): number {
  let below = x
  for (let n = 100; n >= 1; n--) below = x + n / 2 / below
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / below
}
