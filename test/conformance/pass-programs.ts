import { withPasses } from '../../main/engine/backends/tensorflow/passes/fuse.ts'
import { type Node, type Program, type Shape, signatureRoots, sizeOf, topological } from '../../main/engine/ir/graph.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { loadKernels } from '../../main/native/load-kernels.ts'
import { loadTensorflow } from '../../main/native/load-tensorflow.ts'
import { leaves, named, pureProgram } from './programs.ts'

/** What chains of passes may have; tests of them have no meaning without the kernels. */
export async function knownPasses(): Promise<ReadonlySet<string>> {
  await loadTensorflow()
  const kernels = loadKernels()
  if (!kernels)
    throw new Error('the kernels for TensorFlow are not there: run "npm run setup", and unset DORA_STUDIO_KERNELS')
  return kernels.passes
}

/** Chains that a program's entry points have once they are fused. */
export const chainsOf = (program: Program, known: ReadonlySet<string>): Node[] =>
  Object.values(withPasses(program, known).signatures).flatMap((signature) =>
    topological(signatureRoots(signature)).filter(({ op }) => op.name === 'passes'),
  )

/** A region of its own: what `build` makes of the inputs lies between two boundaries. */
export function regionProgram(shapes: readonly Shape[], build: (inputs: readonly Node[]) => readonly Node[]): Program {
  const inputs = leaves(shapes)
  const [first, ...others] = inputs as [Node, ...Node[]]
  const outputs = build([ops.boundary(first), ...others]).map((node) => ops.boundary(node))
  return pureProgram(named(inputs), Object.fromEntries(outputs.map((node, i) => [`y${i}`, node])))
}

/** One step of a random program: an entry of `MAKERS` on values that exist already, picked by number. */
export type RandomStep = { readonly make: string; readonly a: number; readonly b: number }

const half = ops.fill(0.5)
const positive = (x: Node) => ops.maximum(ops.abs(x), half)
const last = (x: Node) => x.shape.length - 1

/** A product with a fixed matrix over the last axis, which no chain takes in. */
function mixed(x: Node): Node {
  const width = x.shape.at(-1) as number
  const weights = Float32Array.from({ length: width * width }, (_, i) => Math.sin(i) / width)
  const flat = ops.reshape(x, [sizeOf(x.shape) / width, width])
  return ops.reshape(ops.matmul(flat, ops.constant(weights, [width, width])), x.shape)
}

function swappedTwice(x: Node): Node {
  const axes = x.shape.map((_, i) => i)
  const swapped = [axes[1] as number, axes[0] as number, ...axes.slice(2)]
  return ops.transpose(ops.transpose(x, swapped), swapped)
}

/** Twice through bfloat16, once out of the chain and back, and so small a part that the rounding is none for float32. */
function rounded(x: Node): Node {
  const half = ops.toBfloat16(ops.tanh(x))
  const sum = ops.add(ops.widened(half), ops.widened(swappedTwice(ops.add(half, half))))
  return ops.add(x, ops.scale(sum, 1e-5))
}

/** The mean over all rows; what reads it belongs to another chain. */
function columnMean(x: Node): Node {
  const leading = x.shape.slice(0, -1)
  return ops.mul(
    ops.sum(
      x,
      leading.map((_, axis) => axis),
    ),
    ops.fill(1 / sizeOf(leading)),
  )
}

/** Every operation of a chain, kept within numbers that float32 and float64 agree on; the last four belong to none. */
export const MAKERS: Readonly<Record<string, (a: Node, b: Node) => Node>> = {
  add: ops.add,
  sub: ops.sub,
  mul: (a, b) => ops.mul(ops.tanh(a), b),
  div: (a, b) => ops.div(a, positive(b)),
  maximum: ops.maximum,
  neg: (a) => ops.neg(a),
  abs: (a) => ops.abs(a),
  square: (a) => ops.square(ops.sigmoid(a)),
  sqrt: (a) => ops.sqrt(positive(a)),
  rsqrt: (a) => ops.rsqrt(positive(a)),
  exp: (a) => ops.exp(ops.neg(ops.abs(a))),
  sigmoid: (a) => ops.sigmoid(a),
  tanh: (a) => ops.tanh(a),
  sigmoidGrad: (a) => ops.sigmoidGrad(ops.sigmoid(a), a),
  tanhGrad: (a) => ops.tanhGrad(ops.tanh(a), a),
  mean: (a) => ops.mul(ops.sum(a, [last(a)]), ops.fill(1 / (a.shape.at(-1) as number))),
  softmax: (a) => ops.softmax(a),
  lessMean: (a) => ops.sub(a, columnMean(a)),
  filled: (a) => ops.sub(ops.fill(2, a.shape), ops.mul(ops.sum(a, [last(a)]), ops.fill(0.01))),
  rotateHalf: (a) => ops.rotateHalf(a, 2 * Math.floor((a.shape.at(-1) as number) / 3)),
  rounded,
  matmul: (a) => mixed(a),
  transpose: (a) => swappedTwice(a),
  reshape: (a) => ops.reshape(ops.reshape(a, [sizeOf(a.shape)]), a.shape),
  after: (a, b) => ops.after(a, b),
}

/** Arrays of every kind that a chain reads, for a space: whole, one number a row, one row, stretched, one number. */
export function inputShapes(space: Shape): Shape[] {
  const width = space.at(-1) as number
  const narrow = [...space.slice(0, -1), 1]
  const stretched = space.map((dim, axis) => (axis === 0 || axis === 2 ? dim : 1)).with(-1, width)
  const tail = space.slice(1).map((dim, axis, all) => (axis === 1 && all.length > 2 ? 1 : dim))
  return [space, narrow, [width], stretched, tail, []]
}

/** The program of random steps; operands are stretched to the whole space where an operation goes through rows. */
export function randomProgram(space: Shape, steps: readonly RandomStep[], asked: readonly number[]): Program {
  return regionProgram(inputShapes(space), (inputs) => {
    const whole = ops.add(inputs[0] as Node, inputs[2] as Node)
    const values = [...inputs, whole]
    const wide = [inputs[0] as Node, whole]
    const pick = (from: readonly Node[], number: number) => from[number % from.length] as Node
    for (const { make, a, b } of steps) {
      const made = (MAKERS[make] as (typeof MAKERS)[string])(pick(wide, a), pick(values, b))
      values.push(made)
      if (made.shape.at(-1) === space.at(-1)) wide.push(made)
    }
    // What is fed cannot be asked for.
    return [...new Set([values.at(-1) as Node, ...asked.map((number) => pick(wide.slice(1), number))])]
  })
}
