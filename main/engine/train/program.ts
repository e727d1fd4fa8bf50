import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { AdapterMethod } from '../adapters/adapter.ts'
import { baseSquare, rowNorm } from '../adapters/rows.ts'
import type { BatchShape } from '../data/batches.ts'
import type { Node, Program, Signature, Update, Variable } from '../ir/graph.ts'
import { verify } from '../ir/verify.ts'
import type { BatchNodes, LinearSpec, Model } from '../models/model.ts'
import {
  add,
  argmax,
  crossEntropy,
  equal,
  fill,
  gather,
  gradientsOf,
  mul,
  placeholder,
  read,
  sumAll,
  toFloat,
} from '../ops/index.ts'
import { adamwUpdates, globalNorm, optimizerInputs } from './optimizer.ts'
import { type BoundModel, bindModel } from './scope.ts'
import { layoutState, type StateLayout } from './state.ts'
import { trajectoryOutputs } from './trajectory.ts'

export const shapeKey = ({ batch, length, labels }: BatchShape): string => `${batch}x${length}x${labels}`

export type RunProgram = { readonly program: Program; readonly layout: StateLayout }

export type ProgramRequest = {
  readonly model: Model
  readonly targets: readonly LinearSpec[]
  readonly method: AdapterMethod
  readonly config: RunConfig
  readonly trainShapes: readonly BatchShape[]
  readonly evalShapes: readonly BatchShape[]
  /** Shapes for which logits of every position are wanted (proofs and tests). */
  readonly logitShapes?: readonly BatchShape[]
}

/**
 * The whole run as one program over shared state:
 * `prepare` (row norms of the base), `refresh` (n after the parameters changed), `initialise` (m = n), then
 * `step:SHAPE`, or with accumulation `micro:SHAPE` and `apply`, `eval:SHAPE`, `logits:SHAPE` and `trajectory`.
 */
export function buildProgram(request: ProgramRequest): RunProgram {
  const { model, targets, method, config } = request
  const training = request.trainShapes.length > 0
  const layout = layoutState(model.description, targets, method, config, training)
  const bound = bindModel(model.description, targets, method, config, layout)
  const accumulate = config.gradient_accumulation_steps > 1
  const signatures: Record<string, Signature> = { ...derivedSignatures(bound, layout) }
  for (const [key, shape] of distinct(request.trainShapes)) {
    signatures[`${accumulate ? 'micro' : 'step'}:${key}`] = trainSignature(model, bound, layout, config, shape)
  }
  if (training && accumulate) signatures.apply = applySignature(layout, config)
  for (const [key, shape] of distinct(request.evalShapes)) signatures[`eval:${key}`] = evalSignature(model, bound, shape)
  for (const [key, shape] of distinct(request.logitShapes ?? [])) {
    signatures[`logits:${key}`] = logitsSignature(model, bound, shape)
  }
  if (config.trajectory_steps > 0) {
    signatures.trajectory = { inputs: {}, outputs: trajectoryOutputs(bound, layout), updates: [] }
  }
  const program = { variables: layout.all, signatures }
  verify(program)
  return { program, layout }
}

const distinct = (shapes: readonly BatchShape[]) => new Map(shapes.map((shape) => [shapeKey(shape), shape]))

function derivedSignatures(
  { adapter, group }: BoundModel,
  { derived, trainables }: StateLayout,
): Record<string, Signature> {
  const effect = (updates: Update[]): Signature => ({ inputs: {}, outputs: {}, updates })
  const assign = (variable: Variable, value: Node): Update => ({ kind: 'assign', variable, value })
  const signatures: Record<string, Signature> = {}
  const { base_square: square, norm } = derived
  if (square) signatures.prepare = effect([assign(square, baseSquare(group))])
  if (square && norm) {
    const fresh = rowNorm(group.derived('base_square').node, adapter.moments())
    signatures.refresh = effect([assign(norm, fresh)])
    const magnitudes = trainables.filter(({ role }) => role === 'm').map(({ variable }) => variable)
    signatures.initialise = effect(magnitudes.map((m) => assign(m, group.derived('norm').node)))
  }
  return signatures
}

type LabelledBatch = BatchNodes & {
  readonly inputs: Record<string, Node>
  readonly positions: Node
  readonly targets: Node
  readonly weights: Node
}

function batchNodes({ batch, length, labels }: BatchShape): LabelledBatch {
  const ids = (name: string, size: number) => placeholder(name, 'int32', [size])
  const inputIds = ids('inputIds', batch * length)
  const attentionMask = ids('attentionMask', batch * length)
  const positions = ids('labelPositions', labels)
  const targets = ids('labelTargets', labels)
  const weights = placeholder('labelWeights', 'float32', [labels])
  const inputs = { inputIds, attentionMask, labelPositions: positions, labelTargets: targets, labelWeights: weights }
  return { batch, length, inputIds, attentionMask, positions, targets, weights, inputs }
}

/** Logits at the labelled positions only: with completion-only loss most of the head's product is never needed. */
function labelledLogits(model: Model, { scope }: BoundModel, batch: LabelledBatch): Node {
  return model.logits(scope, gather(model.hidden(scope, batch), batch.positions))
}

const weightedLoss = (logits: Node, { targets, weights }: LabelledBatch): Node =>
  sumAll(mul(crossEntropy(logits, targets), weights))

/** One batch forward and backward; the optimizer follows at once, or gradients are added up. `lossScale` is 1 / labels of the step. */
function trainSignature(
  model: Model,
  bound: BoundModel,
  layout: StateLayout,
  config: RunConfig,
  shape: BatchShape,
): Signature {
  const batch = batchNodes(shape)
  const lossScale = placeholder('lossScale', 'float32', [])
  const lossSum = weightedLoss(labelledLogits(model, bound, batch), batch)
  const leaves = layout.trainables.map((trainable) => bound.leaves.get(trainable) as Node)
  const gradients = gradientsOf(mul(lossSum, lossScale), leaves)
  const inputs = { ...batch.inputs, lossScale }
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

/** Summed loss and, for each label, whether it was the most likely token. */
function evalSignature(model: Model, bound: BoundModel, shape: BatchShape): Signature {
  const batch = batchNodes(shape)
  const logits = labelledLogits(model, bound, batch)
  const hits = toFloat(equal(argmax(logits), batch.targets))
  return { inputs: batch.inputs, outputs: { lossSum: weightedLoss(logits, batch), hits }, updates: [] }
}

/** Logits [B*T, vocab] of every position. */
function logitsSignature(model: Model, { scope }: BoundModel, shape: BatchShape): Signature {
  const { inputIds, attentionMask, batch, length } = batchNodes(shape)
  const logits = model.logits(scope, model.hidden(scope, { batch, length, inputIds, attentionMask }))
  return { inputs: { inputIds, attentionMask }, outputs: { logits }, updates: [] }
}
