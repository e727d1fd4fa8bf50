import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { AdapterMethod, AdapterParameter, Derived, Role } from '../adapters/adapter.ts'
import type { Shape, Variable } from '../ir/graph.ts'
import type { LinearSpec, ModelDescription } from '../models/model.ts'

/** A trainable of one module (or one base weight) inside a packed variable. */
export type Entry = {
  /** Module path, or the weight's own name when the base is trained. */
  readonly module: string
  /** Key behind the module path; '' for a base weight. */
  readonly part: string
  readonly parameter: AdapterParameter | null
  readonly begin: number
  readonly rows: number
  /** Shape in files. */
  readonly shape: Shape
}

/** A trainable variable with its optimizer state. Adapters of all layers share a few packed variables. */
export type Trainable = {
  readonly role: Role
  readonly part: string
  readonly variable: Variable
  readonly first: Variable
  readonly second: Variable
  /** Sum of gradients over micro-batches; null without accumulation. */
  readonly accumulator: Variable | null
  readonly entries: readonly Entry[]
}

/** All state of a run, by what it is for. */
export type StateLayout = {
  readonly base: readonly Variable[]
  /** Copies of the watched weights as they were, only where the base is trained and trajectories are on. */
  readonly origins: readonly Variable[]
  readonly trainables: readonly Trainable[]
  readonly derived: Readonly<Partial<Record<Derived, Variable>>>
  /** Everything, in the order in which it is written and read. */
  readonly all: readonly Variable[]
}

const variable = (name: string, shape: Shape): Variable => ({ name, dtype: 'float32', shape })

/** Lays out the state of a run: base weights, trainables packed by part and width, derived rows; optimizer state if `training`. */
export function layoutState(
  model: ModelDescription,
  targets: readonly LinearSpec[],
  method: AdapterMethod,
  config: RunConfig,
  training: boolean,
): StateLayout {
  const accumulate = config.gradient_accumulation_steps > 1
  const base = model.parameters.map(({ name, shape }) => variable(name, shape))
  const watched = method.trainsBase && config.trajectory_steps > 0
  const origins = watched ? targets.map((t) => variable(originName(t.module), [t.outFeatures, t.inFeatures])) : []
  const trainables = method.trainsBase
    ? base.map((weight) => baseTrainable(weight, accumulate))
    : packedTrainables(targets, method, config, accumulate)
  const rows = targets.reduce((total, { outFeatures }) => total + outFeatures, 0)
  const wanted = method.trainsBase && !watched ? [] : method.derived
  const derived = Object.fromEntries(wanted.map((name) => [name, variable(`derived/${name}`, [rows, 1])]))
  const state = trainables.flatMap(({ variable: value, first, second, accumulator }) => [
    ...(method.trainsBase ? [] : [value]),
    ...(training ? [first, second] : []),
    ...(training && accumulator ? [accumulator] : []),
  ])
  return { base, origins, trainables, derived, all: [...base, ...origins, ...state, ...Object.values(derived)] }
}

export const originName = (module: string) => `origin/${module}`

function withOptimizer(
  role: Role,
  part: string,
  value: Variable,
  entries: readonly Entry[],
  accumulate: boolean,
): Trainable {
  const beside = (prefix: string) => variable(`${prefix}/${value.name}`, value.shape)
  return {
    role,
    part,
    variable: value,
    first: beside('exp_avg'),
    second: beside('exp_avg_sq'),
    accumulator: accumulate ? beside('gradient') : null,
    entries,
  }
}

function baseTrainable(weight: Variable, accumulate: boolean): Trainable {
  const rows = weight.shape[0] ?? 1
  const entry = { module: weight.name, part: '', parameter: null, begin: 0, rows, shape: weight.shape }
  return withOptimizer('weight', '', weight, [entry], accumulate)
}

/** Stacks the arrays of equal part and width of all target modules, in module order. */
function packedTrainables(
  targets: readonly LinearSpec[],
  method: AdapterMethod,
  config: RunConfig,
  accumulate: boolean,
): Trainable[] {
  const packs = new Map<string, { parameter: AdapterParameter; entries: Entry[]; rows: number }>()
  for (const linear of targets) {
    for (const parameter of method.parameters(linear, config)) {
      const key = `${parameter.part}/${parameter.columns}`
      const pack = packs.get(key) ?? { parameter, entries: [], rows: 0 }
      const { part, rows, peftShape: shape } = parameter
      pack.entries.push({ module: linear.module, part, parameter, begin: pack.rows, rows, shape })
      pack.rows += rows
      packs.set(key, pack)
    }
  }
  return [...packs].map(([key, { parameter, entries, rows }]) =>
    withOptimizer(
      parameter.role,
      parameter.part,
      variable(`adapter/${key}`, [rows, parameter.columns]),
      entries,
      accumulate,
    ),
  )
}

/** Trainable numbers of a method on a model, from shapes alone. */
export function countTrainable(
  model: ModelDescription,
  targets: readonly LinearSpec[],
  method: AdapterMethod,
  config: RunConfig,
): number {
  const size = (shape: Shape) => shape.reduce((product, dim) => product * dim, 1)
  if (method.trainsBase) return model.parameters.reduce((total, { shape }) => total + size(shape), 0)
  return targets
    .flatMap((linear) => method.parameters(linear, config))
    .reduce((total, { rows, columns }) => total + rows * columns, 0)
}
