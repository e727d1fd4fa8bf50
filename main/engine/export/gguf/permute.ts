/**
 * Rows of a query or key weight [heads * size, in] from halves to pairs; a bias [heads * size] likewise. transformers turns
 * dimensions k and k + size/2 of a head together, llama.cpp's graph of Llama 2k and 2k + 1.
 */
export const halvesToPairs = (values: Float32Array, heads: number, size: number): Float32Array<ArrayBuffer> =>
  rowsMoved(values, heads, size, (row) => (row % 2) * (size / 2) + Math.floor(row / 2))

/** Undoes {@link halvesToPairs}. */
export const pairsToHalves = (values: Float32Array, heads: number, size: number): Float32Array<ArrayBuffer> =>
  rowsMoved(values, heads, size, (row) => 2 * (row % (size / 2)) + Math.floor((2 * row) / size))

/** Row r of each head is row `from(r)` of it as it was. */
function rowsMoved(
  values: Float32Array,
  heads: number,
  size: number,
  from: (row: number) => number,
): Float32Array<ArrayBuffer> {
  const width = values.length / (heads * size)
  const moved = new Float32Array(values.length)
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < size; row++) {
      const source = (head * size + from(row)) * width
      moved.set(values.subarray(source, source + width), (head * size + row) * width)
    }
  }
  return moved
}
