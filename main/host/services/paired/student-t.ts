/** B_2k / (2k (2k - 1)) of Stirling's series, k from 1 on (DLMF 5.11.1). */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360]
/** From here on the next term of the series is below 1e-16. */
const LARGE = 12

/** ln Gamma(x) for x > 0: Stirling's series, brought down to x by Gamma(x + 1) = x Gamma(x). */
function logGamma(x: number): number {
  if (x < LARGE) return logGamma(x + 1) - Math.log(x)
  const series = STIRLING.reduce((total, term, k) => total + term / x ** (2 * k + 1), 0)
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series
}

const MOST_TERMS = 500
const TINY = 1e-300

/** The continued fraction of the incomplete beta function (DLMF 8.17.22) by Lentz' method. */
function betaFraction(x: number, a: number, b: number): number {
  const away = (value: number) => (Math.abs(value) < TINY ? TINY : value)
  let c = 1
  let d = 1 / away(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m <= MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    for (const term of [even, odd]) {
      d = 1 / away(1 + term * d)
      c = away(1 + term / c)
      fraction *= d * c
    }
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return fraction
}

/** The regularised incomplete beta function I_x(a, b). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x))
  // The fraction converges quickly on its own side only.
  if (x < (a + 1) / (a + b + 2)) return (front * betaFraction(x, a, b)) / a
  return 1 - (front * betaFraction(1 - x, b, a)) / b
}

/** P(|T| >= |t|) of Student's distribution: I_(df/(df+t^2))(df/2, 1/2) (Abramowitz and Stegun, 26.7.1). */
export const twoSidedP = (t: number, freedom: number): number =>
  incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5)

/** The t that `p` is the two-sided tail of, by halving. */
export function criticalT(p: number, freedom: number): number {
  let [low, high] = [0, 1]
  while (twoSidedP(high, freedom) > p) high *= 2
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2
    if (twoSidedP(middle, freedom) > p) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** 2 P(X <= min(b, c)), at most 1, with X binomial of b + c throws of a coin: McNemar's test, exactly. */
export function mcNemarP(b: number, c: number): number {
  const throws = b + c
  let total = 0
  let logTerm = -throws * Math.LN2
  for (let k = 0; k <= Math.min(b, c); k++) {
    total += Math.exp(logTerm)
    logTerm += Math.log(throws - k) - Math.log(k + 1)
  }
  return Math.min(1, 2 * total)
}
