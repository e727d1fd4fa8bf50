import { type Node, node, type Op, type Program, type Shape } from '../../ir/graph.ts'
import { rewrite, withInputs } from '../../ir/rewrite.ts'
import { slopeByKernel } from '../../ops/cross-entropy.ts'
import { onlyInTensorflow } from './only-in-tensorflow.ts'

/** Cross-entropy of logits [N, V] in bfloat16 with targets [N]: losses [N] in float32. */
const halfLossOp: Op = {
  name: 'halfCrossEntropy',
  type: ([logits]) => ({ dtype: 'float32', shape: [logits?.shape[0] as number] }),
  lower: {
    tensorflow: (tf, [logits, targets]) => tf.emit('DoraHalfCrossEntropy', [logits as string, targets as string]),
    tfjs: onlyInTensorflow,
    reference: onlyInTensorflow,
  },
}

/** Its logits' adjoint, in bfloat16, for the losses' adjoints [N]. */
const halfSlopeOp: Op = {
  name: 'halfCrossEntropyGrad',
  type: ([logits]) => ({ dtype: 'bfloat16', shape: logits?.shape as Shape }),
  lower: {
    tensorflow: (tf, inputs) => slopeByKernel(tf, 'DoraHalfCrossEntropy', inputs),
    tfjs: onlyInTensorflow,
    reference: onlyInTensorflow,
  },
}

/**
 * The program with losses of bfloat16 logits taken as they are: the float32 of a chunk of logits, and of their gradient,
 * would be twice as large as the chunk, and be written and read for nothing.
 */
export const withHalfLosses = (program: Program): Program =>
  rewrite(program, (node, inputs) => halfLoss(node, inputs) ?? halfSlope(node, inputs) ?? withInputs(node, inputs))

const isCast = ({ op, dtype }: Node, to: string): boolean => op.name === 'cast' && dtype === to

/** What was widened to be the logits. */
const halvesOf = (logits: Node | undefined): Node | null => {
  const [x] = logits && isCast(logits, 'float32') ? logits.inputs : []
  return x?.dtype === 'bfloat16' ? x : null
}

function halfLoss({ op }: Node, [logits, ...others]: readonly Node[]): Node | null {
  const half = op.name === 'crossEntropy' ? halvesOf(logits) : null
  return half && node(halfLossOp, [half, ...others])
}

/** A gradient that is rounded; what else may read it in float32 has one of its own. */
function halfSlope(rounded: Node, [slope]: readonly Node[]): Node | null {
  if (!isCast(rounded, 'bfloat16') || slope?.op.name !== 'crossEntropyGrad') return null
  const [logits, ...others] = slope.inputs
  const half = halvesOf(logits)
  return half && node(halfSlopeOp, [half, ...others])
}
