import { type Node, node, type Op, type Shape } from '../../../ir/graph.ts'
import { onlyInTensorflow } from '../only-in-tensorflow.ts'
import type { Placement, Space } from './space.ts'

/**
 * One step: an operation on values that are numbered (inputs, then constants, then steps), and which output it is, if any.
 * The second operand of `rotateHalf` is the count of numbers that it turns.
 */
export type Step = {
  readonly name: string
  readonly operands: readonly number[]
  readonly output: number | null
}

/** What a chain of passes does, as its kernel reads it (kernels/program.h). */
export type PassProgram = {
  readonly space: Space
  readonly inputs: readonly Placement[]
  readonly constants: readonly number[]
  readonly steps: readonly Step[]
}

/** The text that the node carries; constants by their bits, so that none is rounded on the way. */
export function programText({ space, inputs, constants, steps }: PassProgram): string {
  const bits = new Int32Array(Float32Array.from(constants).buffer)
  const step = ({ name, operands: [a, b], output }: Step) => [name, a, b ?? -1, output ?? -1]
  return [
    [space.dims.length, ...space.dims, space.width],
    [inputs.length, ...inputs.flatMap(({ wide, strides }) => [wide ? 'wide' : 'narrow', ...strides])],
    [bits.length, ...bits],
    [steps.length, ...steps.flatMap(step)],
  ]
    .flat()
    .join(' ')
}

/** A chain of passes; its results are read by `result`. Its shape is that of the first. */
const passesOp: Op = {
  name: 'passes',
  type: (_, { shape }) => ({ dtype: 'float32', shape: shape as Shape }),
  lower: {
    tensorflow: (tf, inputs, { attrs }) =>
      tf.emit('DoraPasses', inputs, {
        inputs: { int: inputs.length },
        outputs: { int: attrs.outputs as number },
        program: { text: attrs.program as string },
      }),
    tfjs: onlyInTensorflow,
    reference: onlyInTensorflow,
  },
}

const resultOp: Op = {
  name: 'passesResult',
  type: (_, { shape }) => ({ dtype: 'float32', shape: shape as Shape }),
  lower: {
    tensorflow: (_, [chain], { attrs }) => (attrs.index === 0 ? (chain as string) : `${chain}:${attrs.index}`),
    tfjs: onlyInTensorflow,
    reference: onlyInTensorflow,
  },
}

/** The chain over its inputs, and its results with their shapes. */
export function passes(program: PassProgram, inputs: readonly Node[], shapes: readonly Shape[]): Node[] {
  const [shape] = shapes as [Shape]
  const chain = node(passesOp, inputs, { program: programText(program), outputs: shapes.length, shape })
  return shapes.map((own, index) => node(resultOp, [chain], { index, shape: own }))
}
