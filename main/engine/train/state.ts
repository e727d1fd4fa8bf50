import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { AdapterMethod, AdapterParameter, Derived, FrontModel, FrontRule, Role } from '../adapters/adapter.ts'
import { type Cell, cellsOf } from '../adapters/cells.ts'
import type { Dtype } from '../formats/dtype.ts'
import type { Shape, Variable } from '../ir/graph.ts'
import type { LinearSpec, ModelDescription } from '../models/model.ts'
import type { HeldWeight } from './held/held-weight.ts'
import { heldWeights } from './held/held-weights.ts'
import { trainedBase } from './trained-base.ts'

/** One array in files: of a module, shared by all of them, or a base weight. */
export type Entry = {
  /** Module path; '' for a shared array; the weight's own name for a base weight. */
  readonly module: string
  /** Key behind the module path; '' for a base weight. */
  readonly part: string
  /** Name in files. */
  readonly key: string
  readonly parameter: Pick<AdapterParameter, 'init'> | null
  readonly begin: number
  readonly rows: number
  /** Shape in files. */
  readonly shape: Shape
}

/** A variable and the arrays that are stacked in it. */
export type Packing = { readonly part: string; readonly variable: Variable; readonly entries: readonly Entry[] }

/** A trainable variable with its optimizer state. Adapters of all layers share a few packed variables. */
export type Trainable = Packing & {
  readonly role: Role
  readonly first: Variable
  readonly second: Variable
  /** Sum of gradients over micro-batches; null without accumulation. */
  readonly accumulator: Variable | null
}

/** State of one cell of adapted layers. */
export type CellState = {
  readonly cell: Cell
  readonly trainables: readonly Trainable[]
  /** Arrays that belong to the adapter but are not trained. */
  readonly frozen: readonly Packing[]
  readonly derived: Readonly<Partial<Record<Derived, Variable>>>
}

/** What is trained in front of the text. */
export type FrontState = {
  readonly rule: FrontRule
  readonly model: FrontModel
  readonly trainables: readonly Trainable[]
}

/** All state of a run, by what it is for. */
export type StateLayout = {
  readonly base: readonly Variable[]
  /** The base weights that are held in less than float32, by name; their variables stand in `base`. */
  readonly held: ReadonlyMap<string, HeldWeight>
  /** Copies of the watched weights as they were, only where the base is trained and trajectories are on. */
  readonly origins: readonly Variable[]
  readonly cells: readonly CellState[]
  readonly front: FrontState | null
  /** The embedding whose weight is the output head's as well, or null. */
  readonly tied: string | null
  /** Those of the cells and of the front, then the base weights that are trained. */
  readonly trainables: readonly Trainable[]
  readonly frozen: readonly Packing[]
  /** Everything, in the order in which it is written and read. */
  readonly all: readonly Variable[]
}

const variable = (name: string, shape: Shape): Variable => ({ name, dtype: 'float32', shape })

/** Key of an adapter's array in PEFT's files. */
export const adapterKey = (module: string, part: string): string =>
  module === '' ? `base_model.${part}` : `base_model.model.${module}.${part}`

/** In what a base weight is in the model's files, where that is known. */
export type StoredAs = (name: string) => Dtype | undefined

/** Lays out the state of a run: base weights, adapter arrays packed by part and width, derived rows; optimizer state if `training`. */
export function layoutState(
  model: ModelDescription,
  targets: readonly LinearSpec[],
  method: AdapterMethod,
  config: RunConfig,
  training: boolean,
  stored: StoredAs = () => undefined,
): StateLayout {
  const accumulate = config.gradient_accumulation_steps > 1
  const held = heldWeights(model, targets, method, config)
  const trainedWeights = trainedBase(model, targets, method, config)
  // Resuming gives float32 for what is trained; all else may come as it is in the file.
  const plain = (name: string, shape: Shape): Variable =>
    stored(name) === 'BF16' && !trainedWeights.has(name)
      ? { ...variable(name, shape), writtenAs: 'bfloat16' }
      : variable(name, shape)
  const base = model.parameters.flatMap(({ name, shape }) => held.get(name)?.variables ?? [plain(name, shape)])
  const watched = method.trainsBase && config.trajectory_steps > 0
  const origins = watched
    ? targets.map(({ module }) => variable(originName(module), shapeOf(model, `${module}.weight`)))
    : []
  const cells = cellsOf(targets, method, config).map((cell) =>
    cellState(cell, accumulate, !method.trainsBase || watched),
  )
  const front = frontState(model, method, config, accumulate)
  const ofBase = base
    .filter(({ name }) => trainedWeights.has(name))
    .map((weight) => baseTrainable(weight, trainedWeights.get(weight.name) as string, accumulate))
  const trainables = [...cells.flatMap((cell) => cell.trainables), ...(front?.trainables ?? []), ...ofBase]
  const frozen = cells.flatMap((cell) => cell.frozen)
  const own = new Set(base.map(({ name }) => name))
  const state = trainables.flatMap(({ variable: value, first, second, accumulator }) => [
    ...(own.has(value.name) ? [] : [value]),
    ...(training ? [first, second] : []),
    ...(training && accumulator ? [accumulator] : []),
  ])
  const kept = frozen.map((packing) => packing.variable)
  const derived = cells.flatMap((cell) => Object.values(cell.derived))
  return {
    base,
    held,
    origins,
    cells,
    front,
    tied: model.tied ?? null,
    trainables,
    frozen,
    all: [...base, ...origins, ...state, ...kept, ...derived],
  }
}

export const originName = (module: string) => `origin/${module}`

const shapeOf = ({ parameters }: ModelDescription, weight: string): Shape =>
  parameters.find(({ name }) => name === weight)?.shape ?? []

function cellState(cell: Cell, accumulate: boolean, withDerived: boolean): CellState {
  const packs = packed(cell)
  const trainables = packs.flatMap(({ frozen, role, ...packing }) =>
    frozen ? [] : [withOptimizer(packing, role, accumulate)],
  )
  const kept = packs.flatMap(({ frozen, role: _, ...packing }) => (frozen ? [packing] : []))
  const rows = cell.linears.reduce((total, { outFeatures }) => total + outFeatures, 0)
  const names = withDerived ? cell.method.derived : []
  const derived = Object.fromEntries(names.map((name) => [name, variable(inCell('derived', cell, name), [rows, 1])]))
  return { cell, trainables, frozen: [...kept, ...sharedArrays(cell)], derived }
}

function frontState(
  model: ModelDescription,
  { front: rule }: AdapterMethod,
  config: RunConfig,
  accumulate: boolean,
): FrontState | null {
  if (!rule) return null
  const trainables = rule.parameters(model, config).map(({ part, role, rows, columns, peftShape: shape, init }) => {
    const entry = { module: '', part, key: part, parameter: { init }, begin: 0, rows, shape }
    return withOptimizer(
      { part, variable: variable(frontName(part), [rows, columns]), entries: [entry] },
      role,
      accumulate,
    )
  })
  return { rule, model, trainables }
}

export const frontName = (part: string) => `front/${part}`

const inCell = (prefix: string, { name }: Cell, rest: string) => [prefix, ...(name ? [name] : []), rest].join('/')

type Pack = Packing & { readonly role: Role; readonly frozen: boolean }

/** Stacks the arrays of equal part and width of all layers, in layer order. */
function packed(cell: Cell): Pack[] {
  const packs = new Map<string, { parameter: AdapterParameter; entries: Entry[]; rows: number }>()
  for (const { module, parameter } of cell.linears.flatMap((linear) =>
    cell.method.parameters(linear, cell.config).map((parameter) => ({ module: linear.module, parameter })),
  )) {
    const { part, rows, columns, peftShape: shape } = parameter
    const key = `${part}/${columns}`
    const pack = packs.get(key) ?? { parameter, entries: [], rows: 0 }
    pack.entries.push({ module, part, key: adapterKey(module, part), parameter, begin: pack.rows, rows, shape })
    pack.rows += rows
    packs.set(key, pack)
  }
  return [...packs].map(([key, { parameter, entries, rows }]) => ({
    part: parameter.part,
    role: parameter.role,
    frozen: parameter.frozen ?? false,
    variable: variable(inCell('adapter', cell, key), [rows, parameter.columns]),
    entries,
  }))
}

function sharedArrays(cell: Cell): Packing[] {
  const arrays = cell.method.shared?.(cell.linears, cell.config) ?? []
  return arrays.map(({ part, rows, columns, init }) => {
    const shape = [rows, columns]
    const entry = { module: '', part, key: adapterKey('', part), parameter: { init }, begin: 0, rows, shape }
    return { part, variable: variable(inCell('shared', cell, part), shape), entries: [entry] }
  })
}

function withOptimizer(packing: Packing, role: Role, accumulate: boolean): Trainable {
  const { name, shape } = packing.variable
  const beside = (prefix: string) => variable(`${prefix}/${name}`, shape)
  return {
    ...packing,
    role,
    first: beside('exp_avg'),
    second: beside('exp_avg_sq'),
    accumulator: accumulate ? beside('gradient') : null,
  }
}

function baseTrainable(weight: Variable, key: string, accumulate: boolean): Trainable {
  const rows = weight.shape[0] ?? 1
  const entry = { module: weight.name, part: '', key, parameter: null, begin: 0, rows, shape: weight.shape }
  return withOptimizer({ part: '', variable: weight, entries: [entry] }, 'weight', accumulate)
}

/** Trainable numbers of a method on a model, from shapes alone. */
export function countTrainable(
  model: ModelDescription,
  targets: readonly LinearSpec[],
  method: AdapterMethod,
  config: RunConfig,
): number {
  const trained = trainedBase(model, targets, method, config)
  const sizes = model.parameters.map(({ name, shape }) =>
    trained.has(name) ? shape.reduce((product, dim) => product * dim, 1) : 0,
  )
  const arrays = cellsOf(targets, method, config).flatMap((cell) =>
    cell.linears.flatMap((linear) => cell.method.parameters(linear, cell.config)),
  )
  const front = method.front?.parameters(model, config) ?? []
  const adapter = [...arrays, ...front].map(({ rows, columns, frozen }) => (frozen ? 0 : rows * columns))
  return [...sizes, ...adapter].reduce((total, size) => total + size, 0)
}
