import type { NodeDef } from './proto.ts'

/**
 * Names of the outputs of TensorFlow's operations, as its op registry has them: inside of a function a result is read as
 * `node:output:index`. What is not listed has one output (or a list of them) called `output`.
 */
export const OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  MatMul: ['product'],
  Softmax: ['softmax'],
  ...alike(['AddV2', 'Equal', 'GreaterEqual', 'Maximum', 'Mul', 'RealDiv', 'SigmoidGrad', 'Sub', 'TanhGrad'], 'z'),
  ...alike(
    [
      'Abs',
      'Cast',
      'Erf',
      'Exp',
      'Log',
      'Neg',
      'Rsqrt',
      'Sigmoid',
      'Sqrt',
      'Square',
      'Tanh',
      'Transpose',
      'DoraAttention',
      'DoraAttentionGrad',
      'DoraCrossEntropy',
      'DoraCrossEntropyGrad',
      'DoraHalfCrossEntropy',
      'DoraHalfCrossEntropyGrad',
    ],
    'y',
  ),
}

function alike(ops: readonly string[], output: string) {
  return Object.fromEntries(ops.map((op) => [op, [output]]))
}

/** How a function's nodes read output `index` of a node. */
export function outputOf({ name, op, attrs }: NodeDef, index: number): string {
  if (op === 'DoraPasses') return passesOutput(name, (attrs.outputs as { readonly int: number }).int, index)
  const names = OUTPUTS[op]
  return names ? `${name}:${names[index]}:0` : `${name}:output:${index}`
}

/** A chain has two lists of outputs: of float32, and behind them of bfloat16. */
const passesOutput = (name: string, floats: number, index: number): string =>
  index < floats ? `${name}:y:${index}` : `${name}:z:${index - floats}`
