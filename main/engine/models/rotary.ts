import type { Node } from '../ir/graph.ts'
import { add, constant, matmul, mul, reshape } from '../ops/index.ts'

/**
 * Rotary position embedding (arXiv 2104.09864) in Hugging Face's half-split layout: x cos + rotateHalf(x) sin for
 * x [B*T, heads*size]. rotateHalf is a signed permutation, here a product with a constant matrix: exact in float32, and
 * two graph nodes instead of four. `factor` scales the result (the 1/sqrt(size) of attention costs nothing there).
 */
export function rotary(x: Node, length: number, size: number, theta: number, factor = 1): Node {
  const [rows, width] = x.shape as [number, number]
  const heads = width / size
  const { cos, sin } = tables(length, size, theta, factor)
  const inPositions = (y: Node) => reshape(y, [rows / length, length, heads, size])
  const turned = matmul(reshape(x, [rows * heads, size]), rotateHalf(size))
  return add(mul(inPositions(x), cos), mul(inPositions(turned), sin))
}

/** cos and sin [T, 1, size]; the angle of pair k at position t is t * theta^(-2k/size). */
function tables(length: number, size: number, theta: number, factor: number): { cos: Node; sin: Node } {
  const angles = Float64Array.from({ length: length * size }, (_, i) => {
    const position = Math.floor(i / size)
    // Frequencies are rounded to float32 first, as transformers does, so that long positions agree.
    return Math.fround(position * Math.fround(theta ** (-(2 * (i % (size / 2))) / size)))
  })
  const table = (f: (angle: number) => number) =>
    constant(
      Float32Array.from(angles, (angle) => f(angle) * factor),
      [length, 1, size],
    )
  return { cos: table(Math.cos), sin: table(Math.sin) }
}

/** R with x R = (-second half of x, first half of x). */
function rotateHalf(size: number): Node {
  const data = new Float32Array(size * size)
  const half = size / 2
  for (let k = 0; k < half; k++) {
    data[(k + half) * size + k] = -1
    data[k * size + k + half] = 1
  }
  return constant(data, [size, size])
}
