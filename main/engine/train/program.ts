import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { AdapterMethod } from '../adapters/adapter.ts'
import { baseSquare, rowNorm } from '../adapters/rows.ts'
import type { BatchShape } from '../data/batches.ts'
import type { Kernels } from '../ir/executable.ts'
import type { Node, Program, Signature, Update, Variable } from '../ir/graph.ts'
import { computeLate } from '../ir/late.ts'
import { rematerialise } from '../ir/rematerialise.ts'
import { withoutAliases } from '../ir/rewrite.ts'
import { verify } from '../ir/verify.ts'
import type { LinearSpec, Model } from '../models/model.ts'
import { add, after, fill, gradientsOf, mul, placeholder, read } from '../ops/index.ts'
import { dropoutSeedInput } from './dropout-seed.ts'
import { inBfloat16 } from './mixed-precision.ts'
import { adamwUpdates, globalNorm, optimizerInputs } from './optimizer.ts'
import { evaluationProbe, type Probe, probeSignature } from './probe.ts'
import { type BoundModel, bindModel } from './scope.ts'
import { layoutState, type StateLayout, type StoredAs } from './state.ts'
import { taskBatch, taskGraph } from './task-graph.ts'
import { trajectoryOutputs } from './trajectory.ts'

export const shapeKey = ({ batch, length, labels }: BatchShape): string => `${batch}x${length}x${labels}`

export type RunProgram = {
  readonly program: Program
  readonly layout: StateLayout
  /** Modules that the outputs of a probe are of, by its name in the program. */
  readonly probes: ReadonlyMap<string, readonly string[]>
}

export type ProgramRequest = {
  readonly model: Model
  readonly targets: readonly LinearSpec[]
  readonly method: AdapterMethod
  readonly config: RunConfig
  readonly trainShapes: readonly BatchShape[]
  readonly evalShapes: readonly BatchShape[]
  readonly stored?: StoredAs
  /** Shapes for which logits are wanted (proofs and tests). */
  readonly logitShapes?: readonly BatchShape[]
  /** Shapes in which a fault of a step, or of an evaluation, is looked for (probe.ts). */
  readonly probeShapes?: readonly BatchShape[]
  readonly evalProbeShapes?: readonly BatchShape[]
  /** What the backend that will run it has kernels for; none if absent. */
  readonly kernels?: Kernels
}

/**
 * The whole run as one program over shared state:
 * `prepare` (row norms of the base), `refresh` (n after the parameters changed), `initialise` (m = n), then
 * `step:SHAPE`, or with accumulation `micro:SHAPE` and `apply`, `eval:SHAPE`, `logits:SHAPE`, `probe:SHAPE`,
 * `eval-probe:SHAPE` and `trajectory`.
 */
export function buildProgram(request: ProgramRequest): RunProgram {
  const { model, targets, method, config } = request
  const training = request.trainShapes.length > 0
  const layout = layoutState(model.description, targets, method, config, training, request.stored)
  const bound = bindModel(model.description, targets, method, config, layout, request.kernels)
  const accumulate = config.gradient_accumulation_steps > 1
  const signatures: Record<string, Signature> = { ...derivedSignatures(bound) }
  for (const [key, shape] of distinct(request.trainShapes)) {
    signatures[`${accumulate ? 'micro' : 'step'}:${key}`] = trainSignature(model, bound, layout, config, shape)
  }
  if (training && accumulate) signatures.apply = applySignature(layout, config)
  for (const [key, shape] of distinct(request.evalShapes))
    signatures[`eval:${key}`] = evalSignature(model, bound, config, shape)
  for (const [key, shape] of distinct(request.logitShapes ?? [])) {
    signatures[`logits:${key}`] = logitsSignature(model, bound, config, shape)
  }
  if (config.trajectory_steps > 0) {
    signatures.trajectory = { inputs: {}, outputs: trajectoryOutputs(bound), updates: [] }
  }
  const probes = new Map<string, readonly string[]>()
  const addProbe = (name: string, { signature, modules }: Probe) => {
    signatures[name] = signature
    probes.set(name, modules)
  }
  for (const [key, shape] of distinct(request.probeShapes ?? []))
    addProbe(`probe:${key}`, probeSignature(model, bound, config, shape))
  for (const [key, shape] of distinct(request.evalProbeShapes ?? []))
    addProbe(`eval-probe:${key}`, evaluationProbe(model, bound, config, shape))
  const program = arranged(inPrecision({ variables: layout.all, signatures }, config), config)
  verify(program)
  return { program, layout, probes }
}

/** The program as the run computes it, once its gradients are taken: without the nodes that served only those. */
export function inPrecision(program: Program, { bf16 }: RunConfig): Program {
  const plain = withoutAliases(program)
  return bf16 ? inBfloat16(plain) : plain
}

/** What is cheap is formed again for the backward pass; where memory counts, weights are formed late. */
function arranged(program: Program, config: RunConfig): Program {
  const entries = Object.entries(program.signatures).map(([name, signature]) => {
    const { lossSum } = signature.outputs
    if (!lossSum) return [name, signature] as const
    const lean = rematerialise(signature, { after })
    return [name, config.gradient_checkpointing ? computeLate(lean, [lossSum], { after }) : lean] as const
  })
  return { ...program, signatures: Object.fromEntries(entries) }
}

const distinct = (shapes: readonly BatchShape[]) => new Map(shapes.map((shape) => [shapeKey(shape), shape]))

/** `prepare`, `refresh` and `initialise`, as far as the method has a use for them. */
export function derivedSignatures({ cells }: BoundModel): Record<string, Signature> {
  const steps: Record<'prepare' | 'refresh' | 'initialise', Update[]> = { prepare: [], refresh: [], initialise: [] }
  const assign = (variable: Variable, value: Node): Update => ({ kind: 'assign', variable, value })
  for (const { state, group, adapter } of cells) {
    const { base_square: square, norm } = state.derived
    const moments = adapter.moments()
    if (square) steps.prepare.push(assign(square, baseSquare(group)))
    if (!square || !norm || !moments) continue
    steps.refresh.push(assign(norm, rowNorm(group.derived('base_square').node, moments)))
    const magnitudes = state.trainables.filter(({ role }) => role === 'm').map(({ variable }) => variable)
    steps.initialise.push(...magnitudes.map((m) => assign(m, group.derived('norm').node)))
  }
  const wanted = Object.entries(steps).filter(([, updates]) => updates.length > 0)
  return Object.fromEntries(wanted.map(([name, updates]) => [name, { inputs: {}, outputs: {}, updates }]))
}

/** One batch forward and backward; the optimizer follows at once, or gradients are added up. `lossScale` is 1 / labels of the step. */
function trainSignature(
  model: Model,
  bound: BoundModel,
  layout: StateLayout,
  config: RunConfig,
  shape: BatchShape,
): Signature {
  const lossScale = placeholder('lossScale', 'float32', [])
  const seed = dropoutSeedInput(config, model.description)
  const batch = taskBatch(model, config, shape)
  const leaves = layout.trainables.map((trainable) => bound.leaves.get(trainable) as Node)
  const { lossSum } = taskGraph(model, bound.training(seed.dropoutSeed), config, batch, leaves)
  const gradients = gradientsOf(mul(lossSum, lossScale), leaves)
  const inputs = { ...batch.inputs, lossScale, ...seed }
  if (config.gradient_accumulation_steps > 1) {
    const updates = layout.trainables.map((trainable, i): Update => {
      const accumulator = trainable.accumulator as Variable
      return { kind: 'assign', variable: accumulator, value: add(read(accumulator), gradients[i] as Node) }
    })
    return { inputs, outputs: { lossSum }, updates }
  }
  const optimizer = optimizerInputs()
  const gradNorm = globalNorm(gradients)
  const updates = adamwUpdates(layout.trainables, gradients, gradNorm, optimizer, config)
  return { inputs: { ...inputs, ...optimizer }, outputs: { lossSum, gradNorm }, updates }
}

/** The optimizer step over accumulated gradients, which start again from zero. */
function applySignature({ trainables }: StateLayout, config: RunConfig): Signature {
  const optimizer = optimizerInputs()
  const accumulators = trainables.map(({ accumulator }) => accumulator as Variable)
  const gradients = accumulators.map(read)
  const gradNorm = globalNorm(gradients)
  const cleared = accumulators.map((variable): Update => ({ kind: 'assign', variable, value: fill(0, variable.shape) }))
  const updates = [...adamwUpdates(trainables, gradients, gradNorm, optimizer, config), ...cleared]
  return { inputs: { ...optimizer }, outputs: { gradNorm }, updates }
}

/** Summed loss, and what the evaluation of the task looks at. */
function evalSignature(model: Model, bound: BoundModel, config: RunConfig, shape: BatchShape): Signature {
  const { inputs, lossSum, judged } = taskGraph(model, bound.scope, config, taskBatch(model, config, shape))
  return { inputs, outputs: { lossSum, ...judged }, updates: [] }
}

/** Logits [B*T, vocab] of every position of a language model, else those of the task's labels. */
function logitsSignature(model: Model, { scope }: BoundModel, config: RunConfig, shape: BatchShape): Signature {
  const batch = taskBatch(model, config, shape)
  const logits =
    config.task_type === 'CAUSAL_LM'
      ? model.logits(scope, model.hidden(scope, batch))
      : taskGraph(model, scope, config, batch).logits
  return { inputs: batch.inputs, outputs: { logits }, updates: [] }
}
