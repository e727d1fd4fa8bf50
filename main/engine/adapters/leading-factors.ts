import { symmetricEigen } from './symmetric-eigen.ts'

/** The leading singular triplets of a matrix: u [rows, rank] and v [columns, rank], row-major, and the values, descending. */
export type LeadingFactors = {
  readonly u: Float64Array
  readonly values: Float64Array
  readonly v: Float64Array
}

type Matrix = { readonly weight: ArrayLike<number>; readonly rows: number; readonly columns: number }
type Vectors = readonly Float64Array[]
type Quad = [Float64Array, Float64Array, Float64Array, Float64Array]

/** Vectors of a block beyond the wanted ones: they take up the singular values next to the cut, which would slow it down. */
const EXTRA = 4
/** Vectors of all blocks together: so many blocks, but no fewer vectors than that. */
const BLOCKS = 4
const FEWEST_VECTORS = 64
const MOST_ROUNDS = 30
/** Floating-point operations after which large matrices make do with what they have: seconds each. */
const BUDGET = 4e9
/** Rounds end when no wanted singular value moves by more than this share of the largest. */
const SETTLED = 1e-12

/**
 * Block Krylov iteration in float64 (Musco and Musco, arXiv 1504.05477, algorithm 2), begun anew from what it found: a round
 * multiplies a block by W^T W several times, makes one orthonormal basis of all that came of it, and takes the best that lies
 * in there. Rounds go on until the singular values stand still or, for large matrices, the budget is spent. Callers must not
 * rely on W = U S V^T + rest to more than that.
 */
export function leadingFactors(
  weight: ArrayLike<number>,
  rows: number,
  columns: number,
  rank: number,
  normal: () => number,
): LeadingFactors {
  const side = Math.min(rows, columns)
  const width = Math.min(side, rank + EXTRA)
  const wanted = Math.min(rank, width)
  const most = Math.min(side, Math.max(FEWEST_VECTORS, BLOCKS * width))
  const rounds = Math.min(MOST_ROUNDS, Math.floor(BUDGET / (4 * rows * columns * most)))
  const matrix = { weight, rows, columns }
  const drawn = Array.from({ length: width }, () => Float64Array.from({ length: rows }, normal))
  // Of the images of W^T alone, so that a basis as large as the smaller side leaves nothing out.
  let block = transposedProduct(matrix, drawn)
  let values = new Float64Array(wanted)
  for (let round = 1; ; round++) {
    const { basis, images } = krylovBasis(matrix, block, most)
    const { vectors, squares } = symmetricEigen(gram(images), basis.length)
    const found = Float64Array.from({ length: wanted }, (_, k) => Math.sqrt(Math.max(0, squares[k] ?? 0)))
    const moved = found.reduce((largest, value, k) => Math.max(largest, Math.abs(value - (values[k] as number))), 0)
    values = found
    const isAll = basis.length < most || most === side
    if (!isAll && moved > SETTLED * (found[0] as number) && round < rounds) {
      block = rotated(basis, columns, vectors, width)
      continue
    }
    // W v = s u.
    const u = rotated(images, rows, vectors, wanted).map((x, k) => x.map((y) => y / ((values[k] as number) || 1)))
    return { values, u: asColumns(u), v: asColumns(rotated(basis, columns, vectors, wanted)) }
  }
}

/** An orthonormal basis of block, (W^T W) block, (W^T W)^2 block and so on, of at most `most` vectors, and W times each. */
function krylovBasis(matrix: Matrix, block: Vectors, most: number) {
  const basis: Float64Array[] = []
  const images: Float64Array[] = []
  let next = block
  while (next.length > 0) {
    const fresh = next.slice(0, most - basis.length).filter((x) => addOrthonormal(basis, x))
    const image = product(matrix, fresh)
    images.push(...image)
    next = basis.length < most ? transposedProduct(matrix, image) : []
  }
  return { basis, images }
}

/** Makes x orthonormal to a basis by Gram-Schmidt, twice over against rounding, and adds it; false where nothing is left of it. */
function addOrthonormal(basis: Float64Array[], x: Float64Array): boolean {
  const before = Math.sqrt(dot(x, x))
  for (let pass = 0; pass < 2; pass++) for (const other of basis) addScaled(x, other, -dot(x, other))
  const size = Math.sqrt(dot(x, x))
  if (!(size > 1e-13 * before)) return false
  for (let i = 0; i < x.length; i++) (x[i] as number) /= size
  basis.push(x)
  return true
}

/** Four sums side by side, as each addition waits for the one before it. */
function dot(x: Float64Array, y: Float64Array): number {
  let [a, b, c, d] = [0, 0, 0, 0]
  const whole = x.length - (x.length % 4)
  for (let i = 0; i < whole; i += 4) {
    a += (x[i] as number) * (y[i] as number)
    b += (x[i + 1] as number) * (y[i + 1] as number)
    c += (x[i + 2] as number) * (y[i + 2] as number)
    d += (x[i + 3] as number) * (y[i + 3] as number)
  }
  for (let i = whole; i < x.length; i++) a += (x[i] as number) * (y[i] as number)
  return a + b + c + d
}

function addScaled(y: Float64Array, x: Float64Array, factor: number): void {
  for (let i = 0; i < y.length; i++) (y[i] as number) += factor * (x[i] as number)
}

/** W x [rows] of vectors [columns]. Four at a time read each weight once. */
function product({ weight, rows, columns }: Matrix, vectors: Vectors): Float64Array[] {
  const images = vectors.map(() => new Float64Array(rows))
  for (let k = 0; k < vectors.length; k += 4) {
    const at = (i: number) => Math.min(k + i, vectors.length - 1)
    const [x0, x1, x2, x3] = [0, 1, 2, 3].map((i) => vectors[at(i)]) as Quad
    const [y0, y1, y2, y3] = [0, 1, 2, 3].map((i) => images[at(i)]) as Quad
    for (let i = 0; i < rows; i++) {
      let [a, b, c, d] = [0, 0, 0, 0]
      for (let j = 0, from = i * columns; j < columns; j++) {
        const w = weight[from + j] as number
        a += w * (x0[j] as number)
        b += w * (x1[j] as number)
        c += w * (x2[j] as number)
        d += w * (x3[j] as number)
      }
      y0[i] = a
      y1[i] = b
      y2[i] = c
      y3[i] = d
    }
  }
  return images
}

/** W^T x [columns] of vectors [rows]. Four rows at a time write each sum once. */
function transposedProduct({ weight, rows, columns }: Matrix, vectors: Vectors): Float64Array[] {
  return vectors.map((x) => {
    const y = new Float64Array(columns)
    let i = 0
    for (; i + 4 <= rows; i += 4) {
      const [a, b, c, d] = [x[i], x[i + 1], x[i + 2], x[i + 3]] as [number, number, number, number]
      const [row0, row1, row2, row3] = [i * columns, (i + 1) * columns, (i + 2) * columns, (i + 3) * columns]
      for (let j = 0; j < columns; j++)
        (y[j] as number) +=
          a * (weight[row0 + j] as number) +
          b * (weight[row1 + j] as number) +
          c * (weight[row2 + j] as number) +
          d * (weight[row3 + j] as number)
    }
    for (; i < rows; i++)
      for (let j = 0; j < columns; j++) (y[j] as number) += (x[i] as number) * (weight[i * columns + j] as number)
    return y
  })
}

/** The inner products of vectors, each with each. */
function gram(vectors: Vectors): Float64Array {
  const n = vectors.length
  const products = new Float64Array(n * n)
  for (const [a, x] of vectors.entries())
    for (let b = 0; b <= a; b++) products[a * n + b] = products[b * n + a] = dot(x, vectors[b] as Float64Array)
  return products
}

/** The first `count` of the vectors [length] turned by a rotation [n, n]; zeros where there are fewer. */
function rotated(vectors: Vectors, length: number, rotation: Float64Array, count: number): Float64Array[] {
  const n = vectors.length
  return Array.from({ length: count }, (_, k) => {
    const turned = new Float64Array(length)
    if (k < n) for (const [a, x] of vectors.entries()) addScaled(turned, x, rotation[a * n + k] as number)
    return turned
  })
}

/** Vectors [n] as the columns of a row-major matrix. */
function asColumns(vectors: Vectors): Float64Array {
  const n = vectors[0]?.length ?? 0
  const columns = new Float64Array(n * vectors.length)
  for (const [k, x] of vectors.entries()) for (let i = 0; i < n; i++) columns[i * vectors.length + k] = x[i] as number
  return columns
}
