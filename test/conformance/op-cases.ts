import type { Node, Shape } from '../../main/engine/ir/graph.ts'
import * as ops from '../../main/engine/ops/index.ts'

/** Builds one example of an op from float32 leaves; every op of `OPS` needs at least one. */
export type OpCase = {
  readonly op: string
  readonly shapes: readonly Shape[]
  readonly build: (inputs: readonly Node[]) => Node
  /** Where inputs must be positive, or are best kept away from a kink. */
  readonly domain?: 'positive'
  /** Exact in float32 on every backend. */
  readonly exact?: boolean
}

const one = (op: string, f: (x: Node) => Node, shape: Shape = [3, 4], extra: Partial<OpCase> = {}): OpCase => ({
  op,
  shapes: [shape],
  build: ([x]) => f(x as Node),
  ...extra,
})
const two = (op: string, f: (a: Node, b: Node) => Node, a: Shape, b: Shape, extra: Partial<OpCase> = {}): OpCase => ({
  op,
  shapes: [a, b],
  build: ([x, y]) => f(x as Node, y as Node),
  ...extra,
})
const ints = (...values: number[]) => ops.intConstant(Int32Array.from(values), [values.length])
const mask = ops.greaterEqual(ops.constant(Float32Array.of(1, -1, 2, -2), [4]), ops.fill(0))

/** Keys behind a query's own are hidden, as are some of a sample's. */
const attentionBias = (samples: number, queries: number, keys: number) =>
  ops.constant(
    Float32Array.from({ length: samples * queries * keys }, (_, i) => {
      const [row, key] = [Math.floor(i / keys), i % keys]
      const query = row % queries
      return key > query + keys - queries || (row < queries && key % 3 === 1) ? -1e9 : 0
    }),
    [samples, queries, keys],
  )

export const OP_CASES: readonly OpCase[] = [
  one('constant', (x) => ops.mul(x, ops.constant(Float32Array.of(1, -2, 0.5, 3), [4]))),
  one('constant', (x) => ops.mul(x, ops.fill(0.25, [3, 4])), [3, 4]),
  one('placeholder', (x) => ops.neg(x)),
  two('add', ops.add, [3, 4], [4]),
  two('sub', ops.sub, [3, 1], [2, 3, 4]),
  two('mul', ops.mul, [3, 4], [3, 1]),
  two('div', ops.div, [3, 4], [4], { domain: 'positive' }),
  two('maximum', ops.maximum, [5, 4], [5, 4]),
  two('greaterEqual', (a, b) => ops.mul(a, ops.toFloat(ops.greaterEqual(a, b))), [3, 4], [4]),
  one('equal', (x) => ops.mul(x, ops.toFloat(ops.equal(x, ops.fill(0))))),
  one('neg', ops.neg),
  one('exp', ops.exp),
  one('log', ops.log, [3, 4], { domain: 'positive' }),
  one('sqrt', ops.sqrt, [3, 4], { domain: 'positive' }),
  one('rsqrt', ops.rsqrt, [3, 4], { domain: 'positive' }),
  one('square', ops.square),
  one('sigmoid', ops.sigmoid),
  one('tanh', ops.tanh),
  one('erf', ops.erf),
  one('erf', ops.gelu),
  one('tanh', ops.geluTanh),
  one('abs', ops.abs),
  two('select', (a, b) => ops.select(mask, a, b), [3, 4], [1]),
  one('toFloat', (x) => ops.mul(x, ops.toFloat(ints(3, -1, 0, 2)))),
  one('cast', (x) =>
    ops.mul(x, ops.widened(ops.toBfloat16(ops.constant(Float32Array.of(1, 1.00390625, -1.01171875, 1e-30), [4])))),
  ),
  one('bfloat16Bits', (x) => ops.mul(x, ops.widened(ops.bfloat16Bits(ints(0x40003f80, 0x0000c049), [3]))), [2, 3]),
  one('bfloat16Bits', (x) => ops.mul(x, ops.widened(ops.bfloat16Bits(ints(0x40003f80), [1, 2]))), [3, 2]),
  {
    op: 'attention',
    shapes: [
      [2, 5, 4, 16],
      [2, 7, 2, 16],
      [2, 7, 2, 16],
    ],
    build: ([q, k, v]) => ops.attention(q as Node, k as Node, v as Node, attentionBias(2, 5, 7)),
  },
  one('halfWords', (x) => ops.mul(x, ops.toFloat(ops.halfWords(ints(-2, 2139062143)))), [4], { exact: true }),
  two('matmul', (a, b) => ops.matmul(a, b), [3, 4], [4, 5]),
  two('matmul', (a, b) => ops.matmul(a, b, { transposeA: true }), [4, 3], [4, 5]),
  two('matmul', (a, b) => ops.matmul(a, b, { transposeB: true }), [2, 3, 4], [2, 5, 4]),
  two('matmul', (a, b) => ops.matmul(a, b, { transposeA: true, transposeB: true }), [2, 2, 4, 3], [2, 2, 5, 4]),
  two('after', (a, b) => ops.mul(ops.after(a, ops.exp(b)), a), [3, 4], [2]),
  one('after', (x) => ops.after(x, ops.split(x, [2, 1])[1] as Node)),
  one('boundary', (x) => ops.mul(ops.boundary(x), x), [3, 4]),
  one('sum', (x) => ops.sum(x, [0, 2]), [3, 4, 2]),
  one('sum', ops.sumAll, [3, 4]),
  one('sumSquares', ops.sumSquares, [3, 4]),
  one('max', (x) => ops.mul(x, ops.stopGradient(ops.max(x, [1]))), [3, 4], {}),
  one('broadcastTo', (x) => ops.broadcastTo(x, [2, 3, 4]), [3, 1]),
  one('reshape', (x) => ops.reshape(x, [2, 6])),
  one('transpose', (x) => ops.transpose(x, [0, 2, 1, 3]), [2, 3, 4, 2]),
  one('transpose', (x) => ops.transpose(x, [2, 0, 1]), [2, 1, 4]),
  one('slice', (x) => ops.slice(x, 1, 2), [4, 3]),
  one('pad', (x) => ops.pad(x, 1, 2), [2, 3]),
  two('concat', (a, b) => ops.concat([a, b, a]), [2, 3], [1, 3]),
  two('concat', (a, b) => ops.concat([a, b, a], 2), [2, 3, 2, 2], [2, 3, 1, 2]),
  one('split', (x) => ops.mul(ops.split(x, [2, 1], 1)[1] as Node, ops.fill(2)), [5, 3, 2]),
  one('split', (x) => ops.mul(ops.split(x, [2, 3])[1] as Node, ops.fill(2)), [5, 3]),
  one('part', (x) => ops.add(...(ops.split(x, [2, 2]) as [Node, Node])), [4, 3]),
  one('gather', (x) => ops.gather(x, ints(2, 0, 2)), [4, 3]),
  one('segmentSum', (x) => ops.segmentSum(x, ints(1, 0, 1, 3), 4), [4, 3]),
  two('addRows', (x, rows) => ops.addRows(x, ints(1, 0, 1, 3), rows), [5, 3], [4, 3]),
  one('addRows', (x) => ops.mul(ops.matmul(x, x), ops.gather(x, ints(2, 0, 2))), [3, 3]),
  one('argmax', (x) => ops.mul(ops.gather(x, ops.argmax(x)), ops.fill(2)), [4, 3]),
  one('softmax', ops.softmax, [2, 3, 4]),
  one('rotateHalf', (x) => ops.rotateHalf(x, 6), [2, 3, 6], { exact: true }),
  one('rotateHalf', (x) => ops.rotateHalf(x, 4), [2, 7]),
  one('rotateHalf', (x) => ops.add(x, ops.rotateHalf(x, 0)), [2, 3]),
  one('crossEntropy', (x) => ops.crossEntropy(x, ints(2, 0, 4)), [3, 5]),
  one('crossEntropyGrad', (x) => ops.crossEntropy(ops.scale(x, 2), ints(1, 1, 0)), [3, 5]),
  one('withGradient', (x) => ops.withGradient(ops.square(x), [x], (dy) => [ops.scale(ops.mul(dy, x), 2)])),
  one('square', (x) => ops.silu(x)),
  two('rsqrt', (x, w) => ops.rmsNorm(x, w, 1e-5), [3, 4], [4]),
  two('rsqrt', (x, w) => ops.rmsNorm(x, w, 1e-5), [2, 3, 4], [4]),
  {
    op: 'rsqrt',
    shapes: [[3, 4], [4], [4]],
    build: ([x, w, b]) => ops.layerNorm(x as Node, w as Node, b as Node, 1e-5),
  },
  two('div', ops.safeDivide, [3, 4], [3, 4], { domain: 'positive' }),
  one('sum', (x) => ops.meanAll(x)),
  one('maximum', (x) => ops.clampMin(x, 0.1)),
  one('maximum', ops.relu),
  // Only what does not depend on the numbers drawn; those of TensorFlow are others.
  one('randomUniform', (x) =>
    ops.mul(x, ops.toFloat(ops.greaterEqual(ops.randomUniform(ints(3, 5), [3, 4]), ops.fill(0)))),
  ),
]
