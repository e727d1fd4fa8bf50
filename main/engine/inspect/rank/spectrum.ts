import { symmetricEigen } from '../../adapters/symmetric-eigen.ts'

/** Shares of the energy that a rank is asked for. */
export const ENERGY_SHARES = [0.9, 0.99] as const

/**
 * Singular values of s B A, descending, for A [r, columns] and B [rows, r], row-major; the product is never formed. They
 * are the roots of the eigenvalues of G^1/2 (A A^T) G^1/2 with G = B^T B, which has the eigenvalues of (BA)(BA)^T other than
 * zeros. In float64; below 1e-8 of the largest they are rounding, since their squares are what is computed.
 */
export function singularValues(a: ArrayLike<number>, b: ArrayLike<number>, r: number, scale: number): Float64Array {
  const root = squareRoot(gramOfColumns(b, r), r)
  const inner = product(product(root, gramOfRows(a, r), r), root, r)
  // Rounding makes it a little unsymmetric, which the rotations would not see.
  const symmetric = inner.map((x, i) => 0.5 * (x + (inner[(i % r) * r + Math.floor(i / r)] as number)))
  const { squares } = symmetricEigen(symmetric, r)
  return squares.map((square) => Math.abs(scale) * Math.sqrt(Math.max(0, square)))
}

/** A A^T [r, r] of A [r, columns]. */
function gramOfRows(a: ArrayLike<number>, r: number): Float64Array {
  const columns = a.length / r
  const gram = new Float64Array(r * r)
  for (let i = 0; i < r; i++) {
    for (let j = i; j < r; j++) {
      let total = 0
      for (let k = 0; k < columns; k++) total += (a[i * columns + k] as number) * (a[j * columns + k] as number)
      gram[i * r + j] = total
      gram[j * r + i] = total
    }
  }
  return gram
}

/** B^T B [r, r] of B [rows, r]. */
function gramOfColumns(b: ArrayLike<number>, r: number): Float64Array {
  const gram = new Float64Array(r * r)
  for (let row = 0; row < b.length; row += r) {
    for (let i = 0; i < r; i++) {
      const left = b[row + i] as number
      for (let j = 0; j < r; j++) (gram[i * r + j] as number) += left * (b[row + j] as number)
    }
  }
  return gram
}

/** The symmetric square root of a positive semidefinite matrix [n, n]. */
function squareRoot(matrix: Float64Array, n: number): Float64Array {
  const { vectors, squares } = symmetricEigen(matrix, n)
  const roots = squares.map((square) => Math.sqrt(Math.max(0, square)))
  const scaled = vectors.map((x, i) => x * (roots[i % n] as number))
  const turned = Float64Array.from({ length: n * n }, (_, i) => vectors[(i % n) * n + Math.floor(i / n)] as number)
  return product(scaled, turned, n)
}

/** x y for square matrices [n, n]. */
function product(x: Float64Array, y: Float64Array, n: number): Float64Array {
  const z = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const left = x[i * n + k] as number
      for (let j = 0; j < n; j++) (z[i * n + j] as number) += left * (y[k * n + j] as number)
    }
  }
  return z
}

const sum = (values: Iterable<number>): number => {
  let total = 0
  for (const value of values) total += value
  return total
}

/**
 * exp(H) of the singular values as shares of their sum (Roy and Vetterli, The effective rank, EUSIPCO 2007): r where all
 * are alike, 1 where one is all there is. 0 of a zero matrix.
 */
export function effectiveRank(values: Float64Array): number {
  const total = sum(values)
  if (total === 0) return 0
  const shares = [...values].map((value) => value / total).filter((share) => share > 0)
  return Math.exp(-sum(shares.map((share) => share * Math.log(share))))
}

/**
 * Share of the squared Frobenius norm that the best approximation of rank 1, 2, … keeps (Eckart and Young, 1936): the sum
 * of the squares of the first singular values over that of all.
 */
export function keptEnergy(values: Float64Array): number[] {
  const total = sum(values.map((value) => value * value))
  let kept = 0
  return [...values].map((value) => {
    kept += value * value
    return total === 0 ? 1 : Math.min(1, kept / total)
  })
}

/** Lest the last bits of a sum ask for another rank. */
const SLACK = 1e-12

/** The least rank that keeps a share of the energy; 0 of a zero matrix. */
export const rankKeeping = (values: Float64Array, share: number): number =>
  values.every((value) => value === 0) ? 0 : 1 + keptEnergy(values).findIndex((kept) => kept >= share - SLACK)
