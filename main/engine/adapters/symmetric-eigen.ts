/** Eigenvalues, descending, and eigenvectors (columns) of a symmetric matrix, by cyclic Jacobi rotations. */
export function symmetricEigen(matrix: Float64Array, n: number): { vectors: Float64Array; squares: Float64Array } {
  const a = matrix.slice()
  const v = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0))
  const total = Math.sqrt(a.reduce((sum, x) => sum + x * x, 0))
  for (let sweep = 0; sweep < 60; sweep++) {
    let off = 0
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) off = Math.max(off, Math.abs(a[p * n + q] as number))
    if (off <= 1e-16 * total) break
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q)
  }
  const order = Array.from({ length: n }, (_, i) => i).sort(
    (i, j) => (a[j * n + j] as number) - (a[i * n + i] as number),
  )
  return {
    squares: Float64Array.from(order, (i) => a[i * n + i] as number),
    vectors: Float64Array.from(
      { length: n * n },
      (_, i) => v[Math.floor(i / n) * n + (order[i % n] as number)] as number,
    ),
  }
}

/** One Jacobi rotation that makes element (p, q) zero (Golub and Van Loan, section 8.5). */
function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q] as number
  if (apq === 0) return
  const theta = ((a[q * n + q] as number) - (a[p * n + p] as number)) / (2 * apq)
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const c = 1 / Math.sqrt(t * t + 1)
  const s = t * c
  const turn = (x: Float64Array, i: number, j: number) => {
    const [left, right] = [x[i] as number, x[j] as number]
    x[i] = c * left - s * right
    x[j] = s * left + c * right
  }
  for (let k = 0; k < n; k++) turn(a, k * n + p, k * n + q)
  for (let k = 0; k < n; k++) turn(a, p * n + k, q * n + k)
  for (let k = 0; k < n; k++) turn(v, k * n + p, k * n + q)
}
