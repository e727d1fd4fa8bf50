import type { Node } from '../ir/graph.ts'
import { gelu, geluTanh, mul } from '../ops/index.ts'
import { type ConfigFields, unsupported } from './config-fields.ts'

export type Activation = (x: Node) => Node

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
}

/** f(gate) up (arXiv 2002.05202). */
export const gatedUnit = (f: Activation, gate: Node, up: Node): Node => mul(f(gate), up)

/** The activation that a field of config.json names. */
export function activationOf(fields: ConfigFields, field: string, fallback: string, modelType: string) {
  const name = fields.text(field, fallback)
  const activation = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined
  if (!activation) throw unsupported(modelType, `${field} ${name}`)
  return activation
}
