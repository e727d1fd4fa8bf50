import type { Node } from '../ir/graph.ts'
import { gelu, geluTanh } from '../ops/index.ts'
import { type ConfigFields, unsupported } from './config-fields.ts'

const ACTIVATIONS: Readonly<Record<string, (x: Node) => Node>> = {
  gelu,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
}

/** The activation that a field of config.json names. */
export function activationOf(fields: ConfigFields, field: string, fallback: string, modelType: string) {
  const name = fields.text(field, fallback)
  const activation = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined
  if (!activation) throw unsupported(modelType, `${field} ${name}`)
  return activation
}
