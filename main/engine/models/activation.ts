import type { Node } from '../ir/graph.ts'
import { gelu, geluTanh, mul, recomputed } from '../ops/index.ts'
import { type ConfigFields, unsupported } from './config-fields.ts'

export type Activation = (x: Node) => Node

/** Activations are cheap to compute and as wide as anything: only what goes in is kept for the backward pass. */
const lean =
  (f: Activation): Activation =>
  (x) =>
    recomputed([x], ([input]) => f(input as Node))

const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu: lean(gelu),
  gelu_new: lean(geluTanh),
  gelu_pytorch_tanh: lean(geluTanh),
}

/** f(gate) up, of which only gate and up are kept (arXiv 2002.05202). */
export const gatedUnit = (f: Activation, gate: Node, up: Node): Node =>
  recomputed([gate, up], ([g, u]) => mul(f(g as Node), u as Node))

/** The activation that a field of config.json names. */
export function activationOf(fields: ConfigFields, field: string, fallback: string, modelType: string) {
  const name = fields.text(field, fallback)
  const activation = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined
  if (!activation) throw unsupported(modelType, `${field} ${name}`)
  return activation
}
