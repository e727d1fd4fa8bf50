/** The lowering, on every other backend, of a node that is made for TensorFlow's kernels alone. */
export function onlyInTensorflow(): never {
  throw new Error('nodes of the kernels are made for TensorFlow alone')
}
