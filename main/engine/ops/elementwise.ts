import type * as tfjs from '@tensorflow/tfjs-core'
import { type DType, type Node, node, type Op, type Shape, sameShape, type TensorType, typeError } from '../ir/graph.ts'
import { erfOf } from './erf.ts'
import { fill } from './leaf.ts'
import { broadcastTo, sumTo } from './reduce.ts'
import { mapBroadcast } from './reference.ts'
import { sigmoidGrad, tanhGrad } from './slopes.ts'

/** The shape two operands broadcast to (NumPy's rule), or undefined. */
export function broadcastShape(a: Shape, b: Shape): Shape | undefined {
  const rank = Math.max(a.length, b.length)
  const out: number[] = []
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1
    const y = b[b.length - rank + i] ?? 1
    if (x !== y && x !== 1 && y !== 1) return undefined
    out.push(x === 1 ? y : x)
  }
  return out
}

type Binary = {
  readonly tensorflow: string
  readonly tfjs: (tf: typeof tfjs, a: tfjs.Tensor, b: tfjs.Tensor) => tfjs.Tensor
  readonly value: (a: number, b: number) => number
  readonly result?: DType
  readonly grad?: (dy: Node, a: Node, b: Node, y: Node) => readonly [() => Node, () => Node]
}

function binaryOp(name: string, spec: Binary): Op {
  const type = ([a, b]: readonly TensorType[]): TensorType => {
    const shape = a && b && a.dtype === b.dtype ? broadcastShape(a.shape, b.shape) : undefined
    if (!shape || !a || !b)
      throw typeError(
        name,
        [a, b].filter((x) => x !== undefined),
        'two operands of one type that broadcast',
      )
    return { dtype: spec.result ?? a.dtype, shape }
  }
  const grad = spec.grad
  return {
    name,
    type,
    ...(grad && {
      grad: (dy: Node, self: Node) => {
        const [a, b] = self.inputs as [Node, Node]
        const [da, db] = grad(dy, a, b, self)
        return [sumTo(da(), a.shape), sumTo(db(), b.shape)]
      },
    }),
    lower: {
      tensorflow: (tf, inputs, { inputs: [a] }) => tf.emit(spec.tensorflow, inputs, { T: { type: (a as Node).dtype } }),
      tfjs: (tf, [a, b]) => spec.tfjs(tf, a as tfjs.Tensor, b as tfjs.Tensor),
      reference: (inputs, { shape }) => mapBroadcast(shape, inputs, spec.value),
    },
  }
}

type Unary = {
  readonly tensorflow: string
  readonly tfjs: (tf: typeof tfjs, x: tfjs.Tensor) => tfjs.Tensor
  readonly value: (x: number) => number
  /** dx from dy, the input and the result. */
  readonly grad: (dy: Node, x: Node, y: Node) => Node
}

function unaryOp(name: string, spec: Unary): Op {
  return {
    name,
    type: ([x]) => {
      if (x?.dtype !== 'float32') throw typeError(name, x ? [x] : [], 'one float32 operand')
      return x
    },
    grad: (dy, self) => [spec.grad(dy, self.inputs[0] as Node, self)],
    lower: {
      tensorflow: (tf, inputs, { dtype }) => tf.emit(spec.tensorflow, inputs, { T: { type: dtype } }),
      tfjs: (tf, [x]) => spec.tfjs(tf, x as tfjs.Tensor),
      reference: (inputs, { shape }) => mapBroadcast(shape, inputs, spec.value),
    },
  }
}

export const addOp = binaryOp('add', {
  tensorflow: 'AddV2',
  tfjs: (tf, a, b) => tf.add(a, b),
  value: (a, b) => a + b,
  grad: (dy) => [() => dy, () => dy],
})
export const subOp = binaryOp('sub', {
  tensorflow: 'Sub',
  tfjs: (tf, a, b) => tf.sub(a, b),
  value: (a, b) => a - b,
  grad: (dy) => [() => dy, () => neg(dy)],
})
export const mulOp = binaryOp('mul', {
  tensorflow: 'Mul',
  tfjs: (tf, a, b) => tf.mul(a, b),
  value: (a, b) => a * b,
  grad: (dy, a, b) => [() => mul(dy, b), () => mul(dy, a)],
})
export const divOp = binaryOp('div', {
  tensorflow: 'RealDiv',
  tfjs: (tf, a, b) => tf.div(a, b),
  value: (a, b) => a / b,
  grad: (dy, _, b, y) => [() => div(dy, b), () => neg(div(mul(dy, y), b))],
})
/** At a tie the whole gradient goes to the first operand. */
export const maximumOp = binaryOp('maximum', {
  tensorflow: 'Maximum',
  tfjs: (tf, a, b) => tf.maximum(a, b),
  value: Math.max,
  grad: (dy, a, b) => {
    const first = greaterEqual(a, b)
    const zero = fill(0, dy.shape)
    return [() => select(first, dy, zero), () => select(first, zero, dy)]
  },
})
export const greaterEqualOp = binaryOp('greaterEqual', {
  tensorflow: 'GreaterEqual',
  tfjs: (tf, a, b) => tf.greaterEqual(a, b),
  value: (a, b) => (a >= b ? 1 : 0),
  result: 'bool',
})
export const equalOp = binaryOp('equal', {
  tensorflow: 'Equal',
  tfjs: (tf, a, b) => tf.equal(a, b),
  value: (a, b) => (a === b ? 1 : 0),
  result: 'bool',
})

export const negOp = unaryOp('neg', {
  tensorflow: 'Neg',
  tfjs: (tf, x) => tf.neg(x),
  value: (x) => -x,
  grad: (dy) => neg(dy),
})
export const expOp = unaryOp('exp', {
  tensorflow: 'Exp',
  tfjs: (tf, x) => tf.exp(x),
  value: Math.exp,
  grad: (dy, _, y) => mul(dy, y),
})
export const logOp = unaryOp('log', {
  tensorflow: 'Log',
  tfjs: (tf, x) => tf.log(x),
  value: Math.log,
  grad: (dy, x) => div(dy, x),
})
export const sqrtOp = unaryOp('sqrt', {
  tensorflow: 'Sqrt',
  tfjs: (tf, x) => tf.sqrt(x),
  value: Math.sqrt,
  grad: (dy, _, y) => div(mul(dy, fill(0.5)), y),
})
export const rsqrtOp = unaryOp('rsqrt', {
  tensorflow: 'Rsqrt',
  tfjs: (tf, x) => tf.rsqrt(x),
  value: (x) => 1 / Math.sqrt(x),
  grad: (dy, x, y) => div(mul(mul(dy, fill(-0.5)), y), x),
})
export const squareOp = unaryOp('square', {
  tensorflow: 'Square',
  tfjs: (tf, x) => tf.square(x),
  value: (x) => x * x,
  grad: (dy, x) => mul(mul(dy, fill(2)), x),
})
export const sigmoidOp = unaryOp('sigmoid', {
  tensorflow: 'Sigmoid',
  tfjs: (tf, x) => tf.sigmoid(x),
  value: (x) => 1 / (1 + Math.exp(-x)),
  grad: (dy, _, y) => sigmoidGrad(y, dy),
})
export const tanhOp = unaryOp('tanh', {
  tensorflow: 'Tanh',
  tfjs: (tf, x) => tf.tanh(x),
  value: Math.tanh,
  grad: (dy, _, y) => tanhGrad(y, dy),
})
export const absOp = unaryOp('abs', {
  tensorflow: 'Abs',
  tfjs: (tf, x) => tf.abs(x),
  value: Math.abs,
  grad: (dy, x) => select(greaterEqual(x, fill(0)), dy, neg(dy)),
})
/** The error function. */
export const erfOp = unaryOp('erf', {
  tensorflow: 'Erf',
  tfjs: (tf, x) => tf.erf(x),
  value: erfOf,
  // 2/sqrt(pi) goes into the exponent: constants are float32, and there its rounding weighs less.
  grad: (dy, x) => mul(dy, exp(sub(fill(Math.log(2 / Math.sqrt(Math.PI))), square(x)))),
})

/** Where `condition` holds the first value, else the second; all three broadcast. */
export const selectOp: Op = {
  name: 'select',
  type: (inputs) => {
    const [c, a, b] = inputs
    const shape = c && a && b && broadcastShape(broadcastShape(c.shape, a.shape) ?? [-1], b.shape)
    if (!shape || c.dtype !== 'bool' || a.dtype !== b.dtype) throw typeError('select', inputs, 'bool and two alike')
    return { dtype: a.dtype, shape }
  },
  grad: (dy, { inputs }) => {
    const [c, a, b] = inputs as [Node, Node, Node]
    const zero = fill(0, dy.shape)
    return [null, sumTo(select(c, dy, zero), a.shape), sumTo(select(c, zero, dy), b.shape)]
  },
  lower: {
    tensorflow: (tf, inputs, { dtype }) => tf.emit('SelectV2', inputs, { T: { type: dtype } }),
    tfjs: (tf, [c, a, b], { shape }) => {
      const whole = tf.broadcastTo(c as tfjs.Tensor, [...shape])
      return tf.where(whole, tf.broadcastTo(a as tfjs.Tensor, [...shape]), tf.broadcastTo(b as tfjs.Tensor, [...shape]))
    },
    reference: (inputs, { shape }) => mapBroadcast(shape, inputs, (c, a, b) => (c ? a : b) as number),
  },
}

export const add = (a: Node, b: Node): Node => node(addOp, [a, b])
/** The sum of gradients that meet at a node; known as such, since it may be formed in a coarser type. */
export const addAdjoints = (a: Node, b: Node): Node => node(addOp, [a, b], { adjoints: true })
export const sub = (a: Node, b: Node): Node => node(subOp, [a, b])
export const mul = (a: Node, b: Node): Node => node(mulOp, [a, b])
export const div = (a: Node, b: Node): Node => node(divOp, [a, b])
export const maximum = (a: Node, b: Node): Node => node(maximumOp, [a, b])
export const greaterEqual = (a: Node, b: Node): Node => node(greaterEqualOp, [a, b])
export const equal = (a: Node, b: Node): Node => node(equalOp, [a, b])
export const neg = (x: Node): Node => node(negOp, [x])
export const exp = (x: Node): Node => node(expOp, [x])
export const log = (x: Node): Node => node(logOp, [x])
export const sqrt = (x: Node): Node => node(sqrtOp, [x])
export const rsqrt = (x: Node): Node => node(rsqrtOp, [x])
export const square = (x: Node): Node => node(squareOp, [x])
export const sigmoid = (x: Node): Node => node(sigmoidOp, [x])
export const tanh = (x: Node): Node => node(tanhOp, [x])
export const erf = (x: Node): Node => node(erfOp, [x])
export const abs = (x: Node): Node => node(absOp, [x])
export const select = (condition: Node, a: Node, b: Node): Node => node(selectOp, [condition, a, b])
/** x times a plain number. */
export const scale = (x: Node, factor: number): Node => (factor === 1 ? x : mul(x, fill(factor)))
/** A scalar or smaller array stretched to `shape` where an op needs it materialised. */
export const stretch = (x: Node, shape: Shape): Node => (sameShape(x.shape, shape) ? x : broadcastTo(x, shape))
