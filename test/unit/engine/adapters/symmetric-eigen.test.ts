import { expect, test } from 'vitest'
import { symmetricEigen } from '../../../../main/engine/adapters/symmetric-eigen.ts'
import { gaussian, seededRandom } from '../../../../main/engine/random.ts'

/** A = A^T [n, n] of rank `rank`, with positive and negative eigenvalues. */
function symmetric(n: number, rank: number): Float64Array {
  const draw = gaussian(seededRandom(n, 'symmetric'))
  const a = new Float64Array(n * n)
  for (let k = 0; k < rank; k++) {
    const x = Float64Array.from({ length: n }, draw)
    for (let at = 0; at < n * n; at++)
      (a[at] as number) += (k % 2 === 0 ? 1 : -1) * (x[Math.floor(at / n)] as number) * (x[at % n] as number)
  }
  return a
}

/** The largest element of X^T Y - Z, with diagonal Z. */
function furthest(
  n: number,
  x: (k: number, i: number) => number,
  y: (k: number, j: number) => number,
  z: (i: number) => number,
) {
  let worst = 0
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      let sum = i === j ? -z(i) : 0
      for (let k = 0; k < n; k++) sum += x(k, i) * y(k, j)
      worst = Math.max(worst, Math.abs(sum))
    }
  return worst
}

test.each([
  ['one number', 1, 1],
  ['two', 2, 2],
  ['of full rank', 60, 60],
  ['of low rank', 40, 7],
  ['of zeros', 5, 0],
])('a matrix %s: V is orthonormal, V^T A V diagonal, the values fall', (_, n, rank) => {
  const a = symmetric(n, rank)
  const { vectors, squares } = symmetricEigen(a, n)
  const v = (k: number, i: number) => vectors[k * n + i] as number
  const av = (k: number, j: number) => {
    let sum = 0
    for (let l = 0; l < n; l++) sum += (a[k * n + l] as number) * v(l, j)
    return sum
  }
  expect(furthest(n, v, v, () => 1)).toBeLessThan(1e-13)
  expect(furthest(n, v, av, (i) => squares[i] as number)).toBeLessThan(1e-13 * n * Math.max(1, rank))
  expect([...squares]).toEqual([...squares].sort((x, y) => y - x))
})

test('a diagonal matrix keeps its numbers, equal ones too', () => {
  const wanted = [3, 3, 1, 0, -2]
  const a = Float64Array.from({ length: 25 }, (_, at) => (at % 6 === 0 ? (wanted[4 - at / 6] as number) : 0))
  expect([...symmetricEigen(a, 5).squares]).toEqual(wanted)
})
