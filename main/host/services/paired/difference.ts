import type { Difference } from '../../../../shared/domain/paired.ts'
import { criticalT, mcNemarP, twoSidedP } from './student-t.ts'

const OUTSIDE = 0.05
/** The same of the normal distribution. */
const Z = 1.959963984540054

const meanOf = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length

/** b less a over the same examples: the paired t test and its interval (Dror et al., ACL 2018, section 3). Two or more. */
export function meanDifference(a: readonly number[], b: readonly number[]): Difference {
  const differences = a.map((value, i) => (b[i] as number) - value)
  const [count, difference] = [differences.length, meanOf(differences)]
  const squares = differences.reduce((total, value) => total + (value - difference) ** 2, 0)
  const error = Math.sqrt(squares / (count - 1) / count)
  const margin = error * criticalT(OUTSIDE, count - 1)
  // Where all differ by the same there is no doubt, and no t either.
  const p = error === 0 ? (difference === 0 ? 1 : 0) : twoSidedP(difference / error, count - 1)
  return { a: meanOf(a), b: meanOf(b), difference, low: difference - margin, high: difference + margin, p, test: 't' }
}

/**
 * b less a of shares of right answers, each example right (1) or wrong (0): McNemar's exact test, with the adjusted Wald
 * interval of Bonett and Price (Journal of Educational and Behavioral Statistics 37, 2012), one more of each kind of pair
 * on which the two disagree.
 */
export function shareDifference(a: readonly number[], b: readonly number[]): Difference {
  const [lost, won] = [count(a, b, 1), count(b, a, 1)]
  const total = a.length + 2
  const [worse, better] = [(lost + 1) / total, (won + 1) / total]
  const middle = better - worse
  const margin = Z * Math.sqrt((better + worse - middle ** 2) / total)
  return {
    a: meanOf(a),
    b: meanOf(b),
    difference: (won - lost) / a.length,
    low: Math.max(-1, middle - margin),
    high: Math.min(1, middle + margin),
    p: mcNemarP(lost, won),
    test: 'mcnemar',
  }
}

/** Examples that are `right` by the first and not by the second. */
const count = (first: readonly number[], second: readonly number[], right: number): number =>
  first.filter((value, i) => value === right && second[i] !== right).length

/** The one that fits what the shares are: right or wrong, or something between. */
export const accuracyDifference = (a: readonly number[], b: readonly number[]): Difference =>
  [...a, ...b].every((value) => value === 0 || value === 1) ? shareDifference(a, b) : meanDifference(a, b)
