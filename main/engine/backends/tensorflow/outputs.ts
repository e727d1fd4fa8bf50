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
    ],
    'y',
  ),
}

function alike(ops: readonly string[], output: string) {
  return Object.fromEntries(ops.map((op) => [op, [output]]))
}

/** Operations whose outputs are one list of another name than `output`. */
const LISTS: Readonly<Record<string, string>> = { DoraPasses: 'y' }

/** How a function's nodes read output `index` of a node. */
export function outputOf(node: string, op: string, index: number): string {
  const names = OUTPUTS[op]
  return names ? `${node}:${names[index]}:0` : `${node}:${LISTS[op] ?? 'output'}:${index}`
}
