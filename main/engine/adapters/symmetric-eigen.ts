/**
 * Eigenvalues, descending, and eigenvectors (columns) of a symmetric matrix [n, n]: made tridiagonal by Householder reflections,
 * then diagonal by implicit QR steps with Wilkinson's shift (Golub and Van Loan, algorithms 8.3.1 to 8.3.3).
 */
export function symmetricEigen(matrix: Float64Array, n: number): { vectors: Float64Array; squares: Float64Array } {
  const { diagonal, beside, turned } = tridiagonal(matrix, n)
  diagonalise(diagonal, beside, turned, n)
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => (diagonal[j] as number) - (diagonal[i] as number))
  return {
    squares: Float64Array.from(order, (i) => diagonal[i] as number),
    vectors: Float64Array.from(
      { length: n * n },
      (_, i) => turned[(order[i % n] as number) * n + Math.floor(i / n)] as number,
    ),
  }
}

/** T = Q^T A Q: its diagonal, what stands beside it, and Q^T, whose rows lie one after the other in memory. */
function tridiagonal(matrix: Float64Array, n: number) {
  const a = matrix.slice()
  const turned = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0))
  for (let k = 0; k + 2 < n; k++) {
    const v = reflector(a, n, k)
    if (v === null) continue
    reflectBothSides(a, n, k + 1, v)
    reflectRows(turned, n, k + 1, v)
  }
  return {
    diagonal: Float64Array.from({ length: n }, (_, i) => a[i * n + i] as number),
    beside: Float64Array.from({ length: Math.max(0, n - 1) }, (_, i) => a[i * n + i + 1] as number),
    turned,
  }
}

/** The unit vector v for which I - 2 v v^T leaves of row k only its element k + 1 beside the diagonal, and writes that row; null where it does so already. */
function reflector(a: Float64Array, n: number, k: number): Float64Array | null {
  const row = a.subarray(k * n + k + 1, k * n + n)
  const size = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0))
  const rest = row.reduce((sum, x, i) => (i === 0 ? 0 : sum + x * x), 0)
  if (rest === 0) return null
  const v = row.slice()
  // Of the sign that adds up: nothing cancels.
  const first = (v[0] as number) < 0 ? size : -size
  v[0] = (v[0] as number) - first
  const length = Math.sqrt(v.reduce((sum, x) => sum + x * x, 0))
  for (let i = 0; i < v.length; i++) (v[i] as number) /= length
  row.fill(0)
  row[0] = first
  return v
}

/** A - v w^T - w v^T on the rows and columns from `from` on, with p = 2 A v and w = p - (p . v) v. */
function reflectBothSides(a: Float64Array, n: number, from: number, v: Float64Array): void {
  const m = v.length
  const w = new Float64Array(m)
  let along = 0
  for (let i = 0; i < m; i++) {
    let sum = 0
    for (let j = 0, at = (from + i) * n + from; j < m; j++) sum += (a[at + j] as number) * (v[j] as number)
    w[i] = 2 * sum
    along += 2 * sum * (v[i] as number)
  }
  for (let i = 0; i < m; i++) (w[i] as number) -= along * (v[i] as number)
  for (let i = 0; i < m; i++) {
    const [x, y] = [v[i] as number, w[i] as number]
    for (let j = 0, at = (from + i) * n + from; j < m; j++)
      (a[at + j] as number) -= x * (w[j] as number) + y * (v[j] as number)
  }
}

/** (I - 2 v v^T) times the rows from `from` on. */
function reflectRows(rows: Float64Array, n: number, from: number, v: Float64Array): void {
  const shares = new Float64Array(n)
  for (const [i, x] of v.entries())
    for (let j = 0, at = (from + i) * n; j < n; j++) (shares[j] as number) += 2 * x * (rows[at + j] as number)
  for (const [i, x] of v.entries())
    for (let j = 0, at = (from + i) * n; j < n; j++) (rows[at + j] as number) -= x * (shares[j] as number)
}

/** Takes what stands beside the diagonal away, from the end on; each value takes two or three steps. */
function diagonalise(d: Float64Array, e: Float64Array, rows: Float64Array, n: number): void {
  const isSmall = (i: number) =>
    Math.abs(e[i] as number) <= Number.EPSILON * (Math.abs(d[i] as number) + Math.abs(d[i + 1] as number))
  let high = n - 1
  for (let step = 0; high > 0 && step < 60 * n; step++) {
    let low = high
    while (low > 0 && !isSmall(low - 1)) low--
    if (low < high) qrStep(d, e, rows, n, low, high)
    else high--
  }
}

/** One QR step on the part from `low` to `high`, as rotations of neighbouring rows and columns that chase a bulge along it. */
function qrStep(d: Float64Array, e: Float64Array, rows: Float64Array, n: number, low: number, high: number): void {
  let x = (d[low] as number) - shiftOf(d[high - 1] as number, d[high] as number, e[high - 1] as number)
  let z = e[low] as number
  for (let k = low; k < high; k++) {
    const r = Math.sqrt(x * x + z * z)
    const [c, s] = r === 0 ? [1, 0] : [x / r, z / r]
    if (k > low) e[k - 1] = r
    const [a, b, g] = [d[k] as number, e[k] as number, d[k + 1] as number]
    d[k] = c * c * a + 2 * c * s * b + s * s * g
    d[k + 1] = s * s * a - 2 * c * s * b + c * c * g
    e[k] = (c * c - s * s) * b + c * s * (g - a)
    x = e[k] as number
    if (k + 1 < high) {
      z = s * (e[k + 1] as number)
      e[k + 1] = c * (e[k + 1] as number)
    }
    rotateRows(rows, n, k, c, s)
  }
}

/** The eigenvalue of [[a, b], [b, g]] that is nearer to g. */
function shiftOf(a: number, g: number, b: number): number {
  const half = (a - g) / 2
  const root = Math.sqrt(half * half + b * b)
  return root === 0 ? g : g - (b * b) / (half < 0 ? half - root : half + root)
}

function rotateRows(rows: Float64Array, n: number, k: number, c: number, s: number): void {
  for (let j = 0, at = k * n; j < n; j++, at++) {
    const [x, y] = [rows[at] as number, rows[at + n] as number]
    rows[at] = c * x + s * y
    rows[at + n] = c * y - s * x
  }
}
