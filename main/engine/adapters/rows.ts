import type { Node } from '../ir/graph.ts'
import { add, clampMin, concat, div, fill, mul, safeDivide, scale, sqrt, square, sub, sum } from '../ops/index.ts'
import type { AdapterGroup, Moments } from './adapter.ts'

/** Smallest n: rows that are all zero then give finite values instead of 0/0. */
const SMALLEST_NORM = 1e-12

/** Sum over the columns of each row, [rows, 1]. */
export const rowSum = (x: Node): Node => sum(x, [1])

/** |W_j|^2 of every row of every adapted weight, [sum of out, 1]. */
export const baseSquare = ({ linears, origin }: AdapterGroup): Node =>
  concat(inTurn(linears, ({ module }, before) => rowSum(square(origin(module, before)))))

/** One result a layer, each able to wait for the one before, so that weights which are unpacked for it come one by one. */
export function inTurn<T>(items: readonly T[], compute: (item: T, before: Node | undefined) => Node): Node[] {
  const results: Node[] = []
  for (const item of items) results.push(compute(item, results.at(-1)))
  return results
}

/**
 * n_j = |W_j + delta_j| from n^2 = w2 + 2c + d (arXiv 2603.22276, eq. 2-5), kept above zero: under the root, so that a
 * zero row has gradient 0 and not 0/0.
 */
export const rowNorm = (w2: Node, { c, d }: Moments): Node =>
  sqrt(clampMin(add(add(w2, scale(c, 2)), d), SMALLEST_NORM ** 2))

/**
 * 1 - cos(V'_j, W_j) of every row without cancellation: sin^2 = (w2 d - c^2) / (n^2 w2), then sin^2 / (1 + cos).
 * Zero rows count as unturned.
 */
export function oneMinusCosine(w2: Node, moments: Moments, norm: Node): Node {
  const { c, d } = moments
  const scaleOfBoth = mul(square(norm), w2)
  const sine = safeDivide(clampMin(sub(mul(w2, d), square(c)), 0), scaleOfBoth)
  const cosine = safeDivide(add(w2, c), sqrt(scaleOfBoth))
  return div(sine, clampMin(add(fill(1), cosine), 1e-6))
}
