import { type Node, node, type Op, typeError, type Vjp } from '../ir/graph.ts'
import type { NdArray } from '../ir/lowering.ts'

/** The first input, with a gradient of its own: backends see straight through it. */
export const withGradientOp: Op = {
  name: 'withGradient',
  alias: true,
  type: (inputs) => {
    const [y] = inputs
    if (!y) throw typeError('withGradient', inputs, 'a result')
    return y
  },
  grad: (adjoint, self) => [null, ...(self.attrs.vjp as Vjp)(adjoint, self)],
  lower: {
    tensorflow: (_, [y]) => y as string,
    tfjs: (tf, [y]) => tf.clone(y as Parameters<typeof tf.clone>[0]),
    reference: ([y]) => y as NdArray,
  },
}

/**
 * `y`, whose gradient in `inputs` is given by hand: `vjp` gets dL/dy and this node, whose inputs are y and then `inputs`,
 * and answers dL/dinput for each of the latter. Used where the derivative that comes from the formula of `y` costs more
 * than one derived on paper.
 */
export const withGradient = (y: Node, inputs: readonly Node[], vjp: Vjp): Node =>
  node(withGradientOp, [y, ...inputs], { vjp })

/** `x` as a constant to the differentiator. */
export const stopGradient = (x: Node): Node => node(withGradientOp, [x], { vjp: () => [] })
