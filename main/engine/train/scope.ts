import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { AdapterGroup, AdapterMethod, BoundAdapter, Derived, Packed, PackedParts } from '../adapters/adapter.ts'
import { type Dropout, type Dropping, droppingFrom } from '../adapters/dropout.ts'
import type { Kernels } from '../ir/executable.ts'
import type { Node, Variable } from '../ir/graph.ts'
import type { LinearSpec, ModelDescription, ModelScope } from '../models/model.ts'
import { add, boundary, lookUp, matmul, read, recomputed, split, transpose, withGradient } from '../ops/index.ts'
import type { HeldWeight } from './held/held-weight.ts'
import { type CellState, frontName, originName, type Packing, type StateLayout, type Trainable } from './state.ts'

/** A cell of adapted layers as nodes over its state. */
export type BoundCell = { readonly state: CellState; readonly group: AdapterGroup; readonly adapter: BoundAdapter }

/** The model and its adapters as nodes over the state: shared by every entry point of the run's program. */
export type BoundModel = {
  readonly scope: ModelScope
  /** The same model in training: what it drops comes from `seed` int32 [2] if there is one, its layers may be computed twice. */
  readonly training: (seed: Node | undefined) => ModelScope
  readonly targets: readonly LinearSpec[]
  readonly cells: readonly BoundCell[]
  /** The node through which each trainable enters the graph; gradients are taken in these. */
  readonly leaves: ReadonlyMap<Trainable, Node>
}

type At = (name: string) => Node

const asItIs: ModelScope['layer'] = (x, build) => boundary(build(boundary(x)))

/** Binds a layout to reads of its variables. One call a program: equal reads must be the same nodes. */
export function bindModel(
  model: ModelDescription,
  targets: readonly LinearSpec[],
  { front }: AdapterMethod,
  config: RunConfig,
  layout: StateLayout,
  kernels: Kernels = new Set(),
): BoundModel {
  const reads = new Map([...layout.all].map((variable) => [variable.name, read(variable)] as const))
  const at: At = (name) => {
    const node = layout.held.get(name)?.whole(null) ?? reads.get(name)
    if (!node) throw new Error(`no variable ${name}`)
    return node
  }
  const specs = new Map([...model.embeddings, ...model.linears].map((linear) => [linear.module, linear]))
  const plain = memo((module: string) => oriented(at(`${module}.weight`), specs.get(module)))
  const weight = (module: string, gate: Node | null = null) => {
    const held = layout.held.get(`${module}.weight`)
    return held ? oriented(held.whole(gate), specs.get(module)) : plain(module)
  }
  const origin = memo((module: string) => oriented(at(originName(module)), specs.get(module)))
  const watched = new Set(layout.origins.map(({ name }) => name))
  const headWeight = memo(({ whole }: HeldWeight) => memo(whole))
  const product = (x: Node, module: string): Node => {
    const held = layout.held.get(`${module}.weight`)
    const spec = specs.get(module)
    // An embedding in a product is the head that shares its weight: what it is looked up by is then what comes out.
    if (held && (spec?.embedding || spec?.head)) return headProduct(x, headWeight(held)(rowsOf(x)))
    if (held) return heldProduct(x, held, spec?.fanInFanOut ?? false)
    return matmul(x, spec?.embedding ? at(`${module}.weight`) : plain(module), { transposeB: true })
  }
  const rows = (ids: Node, module: string): Node =>
    layout.held.get(`${module}.weight`)?.rows(ids) ??
    lookUp(at(`${module}.weight`), ids, specs.get(module)?.embedding?.paddingRow ?? null)
  const cells = layout.cells.map((state) => {
    const group = cellGroup(state, at, {
      weight,
      product,
      rows,
      origin: (module, gate) => (watched.has(originName(module)) ? origin(module) : weight(module, gate)),
    })
    return { state, group, adapter: state.cell.method.bind(group) }
  })
  const adapters = new Map(
    cells.flatMap(({ group, adapter }) => group.linears.map(({ module }) => [module, adapter] as const)),
  )
  const prefix = front?.bind(
    model,
    front.folded.node(config, (part) => at(frontName(part))),
  )
  const scopeWith = (drop: Dropping | null, layer: ModelScope['layer']): ModelScope => {
    const { lora_dropout: share } = config
    const dropout: Dropout | null = drop && share > 0 ? (x, module) => drop(x, module, share) : null
    const drops = (rate: number) => config.base_dropout && rate > 0
    return {
      ...(prefix && { prefix }),
      parameter: at,
      layer,
      ...(kernels.has('attention') && { attentionKernel: (rate) => drop === null || !drops(rate) }),
      dropout: (x, place, rate) => (drop && drops(rate) ? drop(x, place, rate) : x),
      linear: (x, module) => {
        const adapter = adapters.get(module)
        const y = adapter ? adapter.linear(x, module, dropout) : product(x, module)
        const whole = reads.has(`${module}.bias`) ? add(y, at(`${module}.bias`)) : y
        return adapter?.after ? adapter.after(whole, module, dropout) : whole
      },
      embedding: (ids, module) => (adapters.get(module)?.embedding ?? rows)(ids, module),
      product,
    }
  }
  const training = (seed: Node | undefined) =>
    scopeWith(
      seed ? droppingFrom(seed) : null,
      config.gradient_checkpointing
        ? (x, build) => asItIs(x, (begun) => recomputed([begun], ([input]) => build(input as Node)))
        : asItIs,
    )
  const leaves = new Map(layout.trainables.map((trainable) => [trainable, at(trainable.variable.name)] as const))
  return { scope: scopeWith(null, asItIs), training, targets, cells, leaves }
}

/**
 * x W^T with a weight that is unpacked when x is there, let go, and unpacked again for the gradient: otherwise all layers
 * of the base would stand in memory as float32 from the forward to the backward pass.
 */
function heldProduct(x: Node, { whole }: HeldWeight, stored: boolean): Node {
  const y = matmul(x, whole(x), { transposeB: !stored })
  return withGradient(y, [x], (dy) => [matmul(dy, whole(dy), { transposeB: stored })])
}

/**
 * x W^T of an output head, whose gradient follows at once: its weight is unpacked once for both, and for all chunks that
 * rows are cut into (chunked-loss.ts).
 */
const headProduct = (x: Node, weight: Node): Node =>
  withGradient(matmul(x, weight, { transposeB: true }), [x, weight], (dy, { inputs }) => [
    matmul(dy, inputs[2] as Node),
    null,
  ])

/** The array that `x` is some rows of. */
const rowsOf = (x: Node): Node => (['after', 'part', 'split'].includes(x.op.name) ? rowsOf(x.inputs[0] as Node) : x)

/** A linear layer's weight as [out, in], however the model stores it. */
const oriented = (weight: Node, spec: LinearSpec | undefined): Node =>
  spec?.fanInFanOut ? transpose(weight, [1, 0]) : weight

function cellGroup(
  { cell, trainables, frozen, derived }: CellState,
  at: At,
  weights: Pick<AdapterGroup, 'weight' | 'origin' | 'product' | 'rows'>,
): AdapterGroup {
  const { linears, config } = cell
  const named = (part: string) => [...trainables, ...frozen].filter((packing) => packing.part === part)
  return {
    linears,
    config,
    ...weights,
    parameter: memo((part) => partsOf(named(part), at)),
    shared: (part) => at((named(part)[0] as Packing).variable.name),
    derived: memo((name: Derived) => packed(at((derived[name] as Variable).name), linears)),
    byModule: (node) => packed(node, linears),
  }
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

function partsOf(packings: readonly Packing[], at: At): PackedParts {
  const pieces = new Map<string, Node>()
  for (const { variable, entries } of packings) {
    const parts = split(
      at(variable.name),
      entries.map(({ rows }) => rows),
    )
    entries.forEach(({ module }, i) => {
      pieces.set(module, parts[i] as Node)
    })
  }
  return { blocks: packings.map(({ variable }) => at(variable.name)), of: (module) => pieces.get(module) as Node }
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
