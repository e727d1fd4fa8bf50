import { type DType, type Node, node, type Op, type Shape, type TensorType } from '../../../ir/graph.ts'
import { onlyInTensorflow } from '../only-in-tensorflow.ts'
import type { Placement, Space } from './space.ts'

/**
 * One step: an operation on values that are numbered (inputs, then constants, then steps), and which output it is, if any.
 * The second operand of `rotateHalf` is the count of numbers that it turns. What `halve` writes is an output in bfloat16; those
 * are counted by themselves.
 */
export type Step = {
  readonly name: string
  readonly operands: readonly number[]
  readonly output: number | null
}

/** What a chain of passes does, as its kernel reads it (kernels/program.h). */
export type PassProgram = {
  readonly space: Space
  /** Those of bfloat16 are the last. */
  readonly inputs: readonly (Placement & { readonly half: boolean })[]
  readonly constants: readonly number[]
  readonly steps: readonly Step[]
}

/** The text that the node carries; constants by their bits, so that none is rounded on the way. */
export function programText({ space, inputs, constants, steps }: PassProgram): string {
  const bits = new Int32Array(Float32Array.from(constants).buffer)
  const step = ({ name, operands: [a, b], output }: Step) => [name, a, b ?? -1, output ?? -1]
  return [
    [space.dims.length, ...space.dims, space.width],
    [inputs.length, ...inputs.flatMap(({ wide, half, strides }) => [kindOf(wide, half), ...strides])],
    [bits.length, ...bits],
    [steps.length, ...steps.flatMap(step)],
  ]
    .flat()
    .join(' ')
}

const kindOf = (wide: boolean, half: boolean) => `${wide ? 'wide' : 'narrow'}${half ? 'Half' : ''}`

export const isHalf = ({ dtype }: TensorType): boolean => dtype === 'bfloat16'

/** A chain of passes; its results are read by `result`. Its type is that of the first. */
const passesOp: Op = {
  name: 'passes',
  type: (_, { dtype, shape }) => ({ dtype: dtype as DType, shape: shape as Shape }),
  lower: {
    tensorflow: (tf, inputs, { attrs, inputs: read }) => {
      const halves = read.filter(isHalf).length
      return tf.emit('DoraPasses', inputs, {
        inputs: { int: inputs.length - halves },
        half_inputs: { int: halves },
        outputs: { int: attrs.outputs as number },
        half_outputs: { int: attrs.halfOutputs as number },
        program: { text: attrs.program as string },
      })
    },
    tfjs: onlyInTensorflow,
    reference: onlyInTensorflow,
  },
}

const resultOp: Op = {
  name: 'passesResult',
  type: (_, { dtype, shape }) => ({ dtype: dtype as DType, shape: shape as Shape }),
  lower: {
    tensorflow: (_, [chain], { attrs }) => (attrs.index === 0 ? (chain as string) : `${chain}:${attrs.index}`),
    tfjs: onlyInTensorflow,
    reference: onlyInTensorflow,
  },
}

/** The chain over its inputs, and its results with their types; those of bfloat16 are the last of either. */
export function passes(program: PassProgram, inputs: readonly Node[], results: readonly TensorType[]): Node[] {
  const [first] = results as [TensorType]
  const halfOutputs = results.filter(isHalf).length
  const outputs = results.length - halfOutputs
  const chain = node(passesOp, inputs, { program: programText(program), outputs, halfOutputs, ...first })
  return results.map((result, index) => node(resultOp, [chain], { index, ...result }))
}
