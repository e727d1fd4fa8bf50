import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { BatchShape } from '../data/batches.ts'
import type { Values } from '../ir/executable.ts'
import type { Node, Signature } from '../ir/graph.ts'
import type { Model, ModelScope } from '../models/model.ts'
import { abs, concat, fill, gradientsOf, reshape, scale, sumAll } from '../ops/index.ts'
import { dropoutSeedInput } from './dropout-seed.ts'
import type { BoundModel } from './scope.ts'
import { taskBatch, taskGraph } from './task-graph.ts'

/** A value of the forward pass, and the module that made it. */
type Seen = { readonly module: string; readonly value: Node }

export type Probe = {
  readonly signature: Signature
  /** Modules in the order of the forward pass; outputs `values` and `adjoints` have one number for each. */
  readonly modules: readonly string[]
}

/** Small enough that no sum of finite numbers overflows; a sum with NaN or infinity in it is neither way finite. */
const SHRINK = 1e-25

/** One number that is finite just when all of `x` is. */
const witness = (x: Node): Node => reshape(sumAll(abs(scale(x, SHRINK))), [1])

/** The scope, with every module's result written down in the order they are made. */
function watched(scope: ModelScope, seen: Seen[]): ModelScope {
  const note = (module: string, value: Node): Node => {
    seen.push({ module, value })
    return value
  }
  return {
    ...scope,
    // Values inside of a layer that is computed twice could not be told from their copies.
    layer: (x, build) => build(x),
    linear: (x, module) => note(module, scope.linear(x, module)),
    embedding: (ids, module) => note(module, scope.embedding(ids, module)),
    product: (x, module) => note(module, scope.product(x, module)),
  }
}

/**
 * The training pass of a batch, for finding where numbers stop being finite: of every module its result and the gradient
 * that comes back to it, each summed to one number. Updates nothing.
 */
export function probeSignature(model: Model, bound: BoundModel, config: RunConfig, shape: BatchShape): Probe {
  const seed = dropoutSeedInput(config, model.description)
  const batch = taskBatch(model, config, shape)
  const seen: Seen[] = []
  const { lossSum } = taskGraph(model, watched(bound.training(seed.dropoutSeed), seen), config, batch)
  const values = seen.map(({ value }) => value)
  const adjoints = gradientsOf(lossSum, values)
  const inputs = { ...batch.inputs, ...seed }
  const outputs = {
    values: concat([...values.map(witness), reshape(scale(lossSum, 1), [1])]),
    adjoints: concat([...adjoints.map(witness), fill(0, [1])]),
  }
  return { signature: { inputs, outputs, updates: [] }, modules: seen.map(({ module }) => module) }
}

/** The same of an evaluation, which has neither dropout nor gradients. */
export function evaluationProbe(model: Model, bound: BoundModel, config: RunConfig, shape: BatchShape): Probe {
  const batch = taskBatch(model, config, shape)
  const seen: Seen[] = []
  const { lossSum } = taskGraph(model, watched(bound.scope, seen), config, batch)
  const values = concat([...seen.map(({ value }) => witness(value)), reshape(scale(lossSum, 1), [1])])
  const modules = seen.map(({ module }) => module)
  return { signature: { inputs: batch.inputs, outputs: { values }, updates: [] }, modules }
}

const firstBad = (numbers: Values, order: readonly number[]): number | undefined =>
  order.find((i) => !Number.isFinite(numbers[i]))

/** In words, where numbers first stopped being finite; null where all of them are finite. */
export function faultPlace(modules: readonly string[], outputs: Readonly<Record<string, Values>>): string | null {
  const { values, adjoints } = outputs
  const forward = values && firstBad(values, [...modules.keys()])
  if (forward !== undefined) return `the output of ${modules[forward]}`
  if (values && !Number.isFinite(values[modules.length])) return 'the loss itself, all layers before it being finite'
  // Gradients run from the last module to the first.
  const backward = adjoints && firstBad(adjoints, [...modules.keys()].reverse())
  return backward === undefined ? null : `the gradient that comes back to ${modules[backward]}`
}
