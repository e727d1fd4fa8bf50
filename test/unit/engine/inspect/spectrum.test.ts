import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  effectiveRank,
  keptEnergy,
  rankKeeping,
  singularValues,
} from '../../../../main/engine/inspect/rank/spectrum.ts'

/** Row-major [rows, columns] with the values asked for on orthonormal directions (products of Householder reflections). */
function reflected(rows: number, columns: number, diagonal: readonly number[], seed: number): Float64Array {
  const matrix = new Float64Array(rows * columns)
  for (const [i, value] of diagonal.entries()) matrix[i * columns + i] = value
  const vector = (n: number, turn: number) =>
    Float64Array.from({ length: n }, (_, i) => Math.sin(seed * (i + 1) + turn))
  const left = vector(rows, 0.3)
  const right = vector(columns, 1.7)
  const squareOf = (v: Float64Array) => v.reduce((total, x) => total + x * x, 0)
  const [leftSquare, rightSquare] = [squareOf(left), squareOf(right)]
  for (let j = 0; j < columns; j++) {
    let dot = 0
    for (let i = 0; i < rows; i++) dot += (left[i] as number) * (matrix[i * columns + j] as number)
    for (let i = 0; i < rows; i++) (matrix[i * columns + j] as number) -= (2 * (left[i] as number) * dot) / leftSquare
  }
  for (let i = 0; i < rows; i++) {
    let dot = 0
    for (let j = 0; j < columns; j++) dot += (right[j] as number) * (matrix[i * columns + j] as number)
    for (let j = 0; j < columns; j++)
      (matrix[i * columns + j] as number) -= (2 * (right[j] as number) * dot) / rightSquare
  }
  return matrix
}

/** Singular values of a matrix by one-sided Jacobi (Hestenes), which squares nothing: an independent reckoning. */
function hestenes(matrix: Float64Array, rows: number, columns: number): number[] {
  const a = matrix.slice()
  const at = (i: number, j: number) => a[i * columns + j] as number
  for (let sweep = 0; sweep < 60; sweep++) {
    for (let p = 0; p < columns; p++) {
      for (let q = p + 1; q < columns; q++) {
        let [pp, qq, pq] = [0, 0, 0]
        for (let i = 0; i < rows; i++) {
          pp += at(i, p) ** 2
          qq += at(i, q) ** 2
          pq += at(i, p) * at(i, q)
        }
        if (Math.abs(pq) <= 1e-16 * Math.sqrt(pp * qq)) continue
        const zeta = (qq - pp) / (2 * pq)
        const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.hypot(1, zeta))
        const c = 1 / Math.hypot(1, t)
        for (let i = 0; i < rows; i++) {
          const [x, y] = [at(i, p), at(i, q)]
          a[i * columns + p] = c * x - c * t * y
          a[i * columns + q] = c * t * x + c * y
        }
      }
    }
  }
  const norms = Array.from({ length: columns }, (_, j) =>
    Math.sqrt(Array.from({ length: rows }, (_, i) => at(i, j) ** 2).reduce((x, y) => x + y, 0)),
  )
  return norms.sort((x, y) => y - x)
}

const productOf = (b: ArrayLike<number>, a: ArrayLike<number>, rows: number, r: number, columns: number) =>
  Float64Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns]
    let total = 0
    for (let k = 0; k < r; k++) total += (b[i * r + k] as number) * (a[k * columns + j] as number)
    return total
  })

describe('singular values of a low-rank change', () => {
  test('are those that it was made of', () => {
    const wanted = [9, 4, 1, 0.25, 1e-3]
    // B = U diag(values), A = V^T with orthonormal columns and rows.
    const b = reflected(7, 5, wanted, 0.9)
    const a = reflected(5, 11, [1, 1, 1, 1, 1], 1.3)
    const rotated = hestenes(productOf(b, a, 7, 5, 11), 7, 11).slice(0, 5)
    const found = singularValues(a, b, 5, 2)
    for (const [i, value] of wanted.entries()) {
      expect(rotated[i]).toBeCloseTo(value, 10)
      expect(found[i]).toBeCloseTo(2 * value, 9)
    }
  })

  test('are those of the whole product by one-sided Jacobi, for any factors', () => {
    const number = fc.double({ min: -3, max: 3, noNaN: true })
    const sizes = fc.record({ r: fc.integer({ min: 1, max: 5 }), rows: fc.integer({ min: 5, max: 8 }) })
    const factors = sizes.chain(({ r, rows }) =>
      fc.record({
        r: fc.constant(r),
        rows: fc.constant(rows),
        a: fc.array(number, { minLength: 6 * r, maxLength: 6 * r }),
        b: fc.array(number, { minLength: rows * r, maxLength: rows * r }),
      }),
    )
    fc.assert(
      fc.property(factors, ({ r, rows, a, b }) => {
        const expected = hestenes(productOf(b, a, rows, r, 6), rows, 6).slice(0, r)
        const found = singularValues(Float32Array.from(a), Float32Array.from(b), r, -1)
        const largest = Math.max(1, expected[0] as number)
        for (let i = 0; i < r; i++)
          expect(Math.abs((found[i] as number) - (expected[i] as number))).toBeLessThan(3e-6 * largest)
      }),
      { numRuns: 60 },
    )
  })

  test('of factors that are zero, and of directions given twice, are zero', () => {
    expect([...singularValues(new Float32Array(6), new Float32Array(8), 2, 1)]).toEqual([0, 0])
    const twice = singularValues([1, 2, 3, 1, 2, 3], [1, 1, 2, 2], 2, 1)
    expect(twice[0]).toBeCloseTo(2 * Math.sqrt(14) * Math.sqrt(5), 10)
    expect(twice[1]).toBeLessThan(1e-6)
  })
})

test('the effective rank is the number of directions where all are alike, one where one is all, and between else', () => {
  expect(effectiveRank(Float64Array.of(2, 2, 2, 2))).toBeCloseTo(4, 12)
  expect(effectiveRank(Float64Array.of(5, 0, 0))).toBe(1)
  expect(effectiveRank(Float64Array.of(0, 0))).toBe(0)
  // Entropy of (1/2, 1/4, 1/4) is 1.5 ln 2.
  expect(effectiveRank(Float64Array.of(2, 1, 1))).toBeCloseTo(2 ** 1.5, 12)
})

test('the energy that a rank keeps is that of the squares, and the least rank for a share is found', () => {
  const values = Float64Array.of(3, 2, 1)
  expect(keptEnergy(values).map((share) => share * 14)).toEqual([9, 13, 14].map((x) => expect.closeTo(x, 10)))
  expect([0.5, 0.9, 0.93, 0.99, 1].map((share) => rankKeeping(values, share))).toEqual([1, 2, 3, 3, 3])
  expect(rankKeeping(new Float64Array(3), 0.9)).toBe(0)
})
