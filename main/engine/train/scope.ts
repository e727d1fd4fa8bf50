import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { AdapterGroup, AdapterMethod, BoundAdapter, Derived, Packed, PackedParts } from '../adapters/adapter.ts'
import type { Node, Variable } from '../ir/graph.ts'
import type { LinearSpec, ModelDescription, ModelScope } from '../models/model.ts'
import { add, matmul, read, split } from '../ops/index.ts'
import { originName, type StateLayout, type Trainable } from './state.ts'

/** The model and its adapters as nodes over the state: shared by every entry point of the run's program. */
export type BoundModel = {
  readonly scope: ModelScope
  readonly adapter: BoundAdapter
  readonly group: AdapterGroup
  /** The node through which each trainable enters the graph; gradients are taken in these. */
  readonly leaves: ReadonlyMap<Trainable, Node>
}

/** Binds a layout to reads of its variables. One call a program: equal reads must be the same nodes. */
export function bindModel(
  model: ModelDescription,
  targets: readonly LinearSpec[],
  method: AdapterMethod,
  config: RunConfig,
  layout: StateLayout,
): BoundModel {
  const reads = new Map([...layout.all].map((variable) => [variable.name, read(variable)] as const))
  const at = (name: string): Node => {
    const node = reads.get(name)
    if (!node) throw new Error(`no variable ${name}`)
    return node
  }
  const group: AdapterGroup = {
    linears: targets,
    config,
    weight: (module) => at(`${module}.weight`),
    origin: (module) => reads.get(originName(module)) ?? at(`${module}.weight`),
    parameter: memo((part) =>
      partsOf(
        layout.trainables.filter((trainable) => trainable.part === part),
        at,
      ),
    ),
    derived: memo((name: Derived) => packed(at((layout.derived[name] as Variable).name), targets)),
    byModule: (node) => packed(node, targets),
  }
  const adapter = method.bind(group)
  const adapted = new Set(targets.map(({ module }) => module))
  const specs = new Map(model.linears.map((linear) => [linear.module, linear]))
  const linear = (x: Node, module: string) => {
    const y = adapted.has(module) ? adapter.linear(x, module) : matmul(x, at(`${module}.weight`), { transposeB: true })
    return specs.get(module)?.bias ? add(y, at(`${module}.bias`)) : y
  }
  const leaves = new Map(layout.trainables.map((trainable) => [trainable, at(trainable.variable.name)] as const))
  return { scope: { parameter: at, linear }, adapter, group, leaves }
}

/** Slices of a row-wise array, cut once and only if asked for. */
export function packed(node: Node, linears: readonly LinearSpec[]): Packed {
  let pieces: ReadonlyMap<string, Node> | undefined
  const cut = () => {
    const parts = split(
      node,
      linears.map(({ outFeatures }) => outFeatures),
    )
    return new Map(linears.map(({ module }, i) => [module, parts[i] as Node]))
  }
  return {
    node,
    of: (module) => {
      pieces ??= cut()
      return pieces.get(module) as Node
    },
  }
}

function partsOf(trainables: readonly Trainable[], at: (name: string) => Node): PackedParts {
  const pieces = new Map<string, Node>()
  for (const { variable, entries } of trainables) {
    const parts = split(
      at(variable.name),
      entries.map(({ rows }) => rows),
    )
    entries.forEach(({ module }, i) => {
      pieces.set(module, parts[i] as Node)
    })
  }
  return { blocks: trainables.map(({ variable }) => at(variable.name)), of: (module) => pieces.get(module) as Node }
}

function memo<K, V>(compute: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>()
  return (key) => {
    const before = known.get(key)
    if (before !== undefined) return before
    const value = compute(key)
    known.set(key, value)
    return value
  }
}
