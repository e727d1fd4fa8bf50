import { expect, test } from 'vitest'
import { leadingFactors } from '../../../../main/engine/adapters/leading-factors.ts'
import { gaussian, seededRandom } from '../../../../main/engine/random.ts'

const normal = () => gaussian(seededRandom(1, 'test'))
const matrix = (rows: number, columns: number) => {
  const draw = gaussian(seededRandom(7, `${rows}x${columns}`))
  return Float64Array.from({ length: rows * columns }, draw)
}

/** U diag(values) V^T with orthonormal columns, from the factors of a random matrix. */
function known(rows: number, columns: number, values: readonly number[]): Float64Array {
  const { u, v } = leadingFactors(matrix(rows, columns), rows, columns, values.length, normal())
  return Float64Array.from({ length: rows * columns }, (_, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns]
    return values.reduce(
      (sum, value, k) => sum + value * (u[i * values.length + k] as number) * (v[j * values.length + k] as number),
      0,
    )
  })
}

test.each([
  [9, 5],
  [5, 9],
  [120, 70],
])('singular values of a %i by %i matrix are those it was made of', (rows, columns) => {
  const values = [9, 5, 2.5, 1, 0.25]
  const { values: found } = leadingFactors(known(rows, columns, values), rows, columns, 3, normal())
  found.forEach((value, k) => {
    expect(value).toBeCloseTo(values[k] as number, 9)
  })
})

test('W v = s u and W^T u = s v, with orthonormal u and v', () => {
  const [rows, columns, rank] = [90, 60, 4]
  const w = matrix(rows, columns)
  const { u, v, values } = leadingFactors(w, rows, columns, rank, normal())
  for (let k = 0; k < rank; k++) {
    for (let i = 0; i < rows; i++) {
      let image = 0
      for (let j = 0; j < columns; j++) image += (w[i * columns + j] as number) * (v[j * rank + k] as number)
      expect(Math.abs(image - (values[k] as number) * (u[i * rank + k] as number))).toBeLessThan(1e-4)
    }
    for (let other = 0; other < rank; other++) {
      let dot = 0
      for (let j = 0; j < columns; j++) dot += (v[j * rank + k] as number) * (v[j * rank + other] as number)
      expect(Math.abs(dot - (k === other ? 1 : 0))).toBeLessThan(1e-10)
    }
  }
})

test('a rank above the smaller side gives as many factors as there are', () => {
  expect(leadingFactors(matrix(3, 5), 3, 5, 8, normal()).values).toHaveLength(3)
})

test('a matrix of lower rank than asked for has zero singular values and finite factors', () => {
  const { values, u, v } = leadingFactors(known(6, 6, [2, 1]), 6, 6, 4, normal())
  expect(values[2]).toBeLessThan(1e-7)
  for (const x of [...u, ...v]) expect(Number.isFinite(x)).toBe(true)
})

test('a matrix of zeros has zeros', () => {
  const { values, u, v } = leadingFactors(new Float32Array(24), 6, 4, 2, normal())
  expect([[...values], u.length, v.length]).toEqual([[0, 0], 12, 8])
  for (const x of [...u, ...v]) expect(x).toBe(0)
})

test('a rank next to the smaller side gives every factor: their sum is the matrix', () => {
  const [rows, columns] = [20, 31]
  const w = matrix(rows, columns)
  const { values, u, v } = leadingFactors(w, rows, columns, rows, normal())
  w.forEach((wanted, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns]
    let sum = 0
    for (let k = 0; k < rows; k++)
      sum += (values[k] as number) * (u[i * rows + k] as number) * (v[j * rows + k] as number)
    expect(Math.abs(sum - wanted)).toBeLessThan(1e-12)
  })
})
