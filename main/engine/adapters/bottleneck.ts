import type { MethodKind } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Node } from '../ir/graph.ts'
import { add, matmul, relu, scale, silu, tanh } from '../ops/index.ts'
import type { AdapterGroup, AdapterMethod, AdapterParameter, BoundAdapter } from './adapter.ts'
import type { Dropout } from './dropout.ts'

const DOWN = 'adapter_down.weight'
const UP = 'adapter_up.weight'

const activations: Readonly<Record<RunConfig['bottleneck_activation'], (x: Node) => Node>> = { relu, tanh, silu }

type Place = 'series' | 'parallel'

/**
 * A small network at every chosen layer, s up(act(down x)), without biases, up starting at zero. In parallel (arXiv
 * 2110.04366) it sees the layer's input, in series (arXiv 1902.00751) the layer's output, bias included; what it gives
 * is added to that output. It is not linear, so no weight can do the same.
 */
const bottleneck = (kind: MethodKind, place: Place): AdapterMethod => ({
  kind,
  trainsBase: false,
  derived: [],
  parameters: ({ inFeatures, outFeatures }, { bottleneck_size: width }) => {
    const from = place === 'series' ? outFeatures : inFeatures
    const weight = (part: string, rows: number, columns: number, init: AdapterParameter['init']) =>
      ({ part, role: 'weight', rows, columns, peftShape: [rows, columns], init }) as const
    return [weight(DOWN, width, from, 'kaiming-uniform'), weight(UP, outFeatures, width, 'zeros')]
  },
  bind: (group) => bind(group, place),
})

function bind(group: AdapterGroup, place: Place): BoundAdapter {
  const { bottleneck_activation: activation, bottleneck_scaling: factor } = group.config
  const [down, up] = [group.parameter(DOWN), group.parameter(UP)]
  const network = (x: Node, module: string, dropout: Dropout | null): Node => {
    const seen = dropout ? dropout(x, module) : x
    const inner = activations[activation](matmul(seen, down.of(module), { transposeB: true }))
    return scale(matmul(inner, up.of(module), { transposeB: true }), factor)
  }
  const base = group.product
  const common = { merged: null, moments: () => null, magnitude: () => null }
  return place === 'parallel'
    ? { ...common, linear: (x, module, dropout) => add(base(x, module), network(x, module, dropout)) }
    : { ...common, linear: base, after: (y, module, dropout) => add(y, network(y, module, dropout)) }
}

export const series = bottleneck('series', 'series')
export const parallel = bottleneck('parallel', 'parallel')
