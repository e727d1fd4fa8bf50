import { symmetricEigen } from './symmetric-eigen.ts'

/** The leading singular triplets of a matrix: u [rows, rank] and v [columns, rank], row-major, and the values, descending. */
export type LeadingFactors = {
  readonly u: Float64Array
  readonly values: Float64Array
  readonly v: Float64Array
}

/** Block columns beyond the wanted ones: they take up the singular values next to the cut, which would slow it down. */
const EXTRA = 16
const MOST_ROUNDS = 60
const FEWEST_ROUNDS = 4
/** Floating-point operations after which large matrices make do with what they have: seconds each. */
const BUDGET = 4e9
/** Rounds end when no wanted singular value moves by more than this share of the largest. */
const SETTLED = 1e-12

/**
 * Block power iteration in float64 (Halko, Martinsson and Tropp, arXiv 0909.4061, algorithm 4.4): the block is
 * multiplied by W^T and W in turn and orthonormalised each time, until the singular values stand still or, for large
 * matrices, the budget is spent. Callers must not rely on W = U S V^T + rest to more than that.
 */
export function leadingFactors(
  weight: ArrayLike<number>,
  rows: number,
  columns: number,
  rank: number,
  normal: () => number,
): LeadingFactors {
  const width = Math.min(rows, columns, 2 * rank + EXTRA)
  const wanted = Math.min(rank, width)
  let v = orthonormal(Float64Array.from({ length: columns * width }, normal), columns, width)
  let values = new Float64Array(wanted)
  const rounds = Math.min(MOST_ROUNDS, Math.max(FEWEST_ROUNDS, Math.floor(BUDGET / (4 * rows * columns * width))))
  for (let round = 0; ; round++) {
    const u = orthonormal(product(weight, rows, columns, v, width), rows, width)
    const image = transposedProduct(weight, rows, columns, u, width)
    const { vectors, squares } = symmetricEigen(gram(image, columns, width), width)
    const found = Float64Array.from({ length: wanted }, (_, k) => Math.sqrt(Math.max(0, squares[k] as number)))
    const moved = found.reduce((most, value, k) => Math.max(most, Math.abs(value - (values[k] as number))), 0)
    values = found
    if (moved > SETTLED * (found[0] as number) && round < rounds) {
      v = orthonormal(image, columns, width)
      continue
    }
    const turned = rotated(image, columns, width, vectors, wanted)
    return {
      values,
      u: rotated(u, rows, width, vectors, wanted),
      v: turned.map((x, i) => x / ((values[i % wanted] as number) || 1)),
    }
  }
}

/** W x for x [columns, width]. */
function product(weight: ArrayLike<number>, rows: number, columns: number, x: Float64Array, width: number) {
  const y = new Float64Array(rows * width)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const w = weight[i * columns + j] as number
      for (let k = 0; k < width; k++) (y[i * width + k] as number) += w * (x[j * width + k] as number)
    }
  }
  return y
}

/** W^T x for x [rows, width]. */
function transposedProduct(weight: ArrayLike<number>, rows: number, columns: number, x: Float64Array, width: number) {
  const y = new Float64Array(columns * width)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const w = weight[i * columns + j] as number
      for (let k = 0; k < width; k++) (y[j * width + k] as number) += w * (x[i * width + k] as number)
    }
  }
  return y
}

/** Columns made orthonormal by Gram-Schmidt, twice over against rounding; columns that vanish become zero. */
function orthonormal(x: Float64Array, rows: number, width: number): Float64Array {
  const q = x.slice()
  const dot = (a: number, b: number) => {
    let total = 0
    for (let i = 0; i < rows; i++) total += (q[i * width + a] as number) * (q[i * width + b] as number)
    return total
  }
  for (let k = 0; k < width; k++) {
    const before = Math.sqrt(dot(k, k))
    for (let pass = 0; pass < 2; pass++) {
      for (let other = 0; other < k; other++) {
        const share = dot(k, other)
        for (let i = 0; i < rows; i++) (q[i * width + k] as number) -= share * (q[i * width + other] as number)
      }
    }
    const size = Math.sqrt(dot(k, k))
    const factor = size > 1e-14 * before && size > 0 ? 1 / size : 0
    for (let i = 0; i < rows; i++) (q[i * width + k] as number) *= factor
  }
  return q
}

/** x^T x [width, width]. */
function gram(x: Float64Array, rows: number, width: number): Float64Array {
  return transposedProduct(x, rows, width, x, width)
}

/** The first `wanted` columns of x times a rotation [width, width]. */
function rotated(x: Float64Array, rows: number, width: number, rotation: Float64Array, wanted: number): Float64Array {
  const y = product(x, rows, width, rotation, width)
  return Float64Array.from(
    { length: rows * wanted },
    (_, i) => y[Math.floor(i / wanted) * width + (i % wanted)] as number,
  )
}
