import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { batchKind } from '../data/batch-kind.ts'
import type { BatchShape } from '../data/batches.ts'
import { bytesOf, type Node } from '../ir/graph.ts'
import type { BatchNodes, Model, ModelScope } from '../models/model.ts'
import {
  abs,
  add,
  argmax,
  constant,
  crossEntropy,
  div,
  equal,
  exp,
  fill,
  gather,
  log,
  matmul,
  maximum,
  mul,
  neg,
  pad,
  placeholder,
  reshape,
  rsqrt,
  slice,
  split,
  square,
  sub,
  sum,
  sumAll,
  toFloat,
} from '../ops/index.ts'
import { chunkCount, chunkedCrossEntropy, readBy } from './chunked-loss.ts'

/** What a task makes of a batch: the loss summed over its labels, and what is judged in evaluation. */
export type TaskGraph = {
  readonly inputs: Readonly<Record<string, Node>>
  readonly lossSum: Node
  /** By what the evaluation looks at: `hits` or `predicted` of each label slot, or `scores`. */
  readonly judged: Readonly<Record<string, Node>>
  /** Logits [labels, outputs] of the label slots; embeddings [batch, hidden] where texts are embedded. */
  readonly logits: Node
}

type Labels = { readonly positions: Node; readonly targets: Node; readonly weights: Node; readonly values: Node | null }

export type TaskBatch = BatchNodes & {
  readonly inputs: Readonly<Record<string, Node>>
  readonly labels: Labels
  readonly groups: Node | null
}

/** The inputs of a batch of the run's task. */
export function taskBatch(model: Model, config: RunConfig, { batch, length, labels }: BatchShape): TaskBatch {
  const kind = batchKind(config, model.description)
  const tokens = kind.sequences * batch * length
  const ids = (name: string, size: number) => placeholder(name, 'int32', [size])
  const floats = (name: string, size: number) => placeholder(name, 'float32', [size])
  const inputs = {
    inputIds: ids('inputIds', tokens),
    attentionMask: ids('attentionMask', tokens),
    labelPositions: ids('labelPositions', labels),
    labelTargets: ids('labelTargets', labels),
    labelWeights: floats('labelWeights', labels),
  }
  const extra: Record<string, Node> = {
    ...(kind.tokenTypes && { tokenTypes: ids('tokenTypes', tokens) }),
    ...(kind.packed && { tokenPositions: ids('tokenPositions', tokens) }),
    ...(kind.values > 0 && { labelValues: floats('labelValues', labels * kind.values) }),
    ...(kind.groups && { labelGroups: ids('labelGroups', labels) }),
  }
  const values = extra.labelValues ?? null
  return {
    batch: kind.sequences * batch,
    length,
    inputIds: inputs.inputIds,
    attentionMask: inputs.attentionMask,
    ...(extra.tokenPositions && { positions: extra.tokenPositions }),
    ...(extra.tokenTypes && { tokenTypes: extra.tokenTypes }),
    inputs: { ...inputs, ...extra },
    labels: {
      positions: inputs.labelPositions,
      targets: inputs.labelTargets,
      weights: inputs.labelWeights,
      values: values && reshape(values, [labels, kind.values]),
    },
    groups: extra.labelGroups ?? null,
  }
}

/** Loss and judgement of a batch of the run's task; in training, `trained` are the leaves that gradients are taken in. */
export function taskGraph(
  model: Model,
  scope: ModelScope,
  config: RunConfig,
  batch: TaskBatch,
  trained: readonly Node[] | null = null,
): TaskGraph {
  const { inputs, labels } = batch
  if (config.task_type === 'FEATURE_EXTRACTION') return { inputs, ...similarity(model, scope, config, batch) }
  // Logits at the labelled positions only: with completion-only loss most of the head's product is never needed.
  const hidden = gather(model.hidden(scope, batch), labels.positions)
  const head = (rows: Node) => model.logits(scope, rows)
  const logits = head(hidden)
  const learnt = readBy(logits, hidden, trained ?? []).reduce((bytes, leaf) => bytes + bytesOf(leaf), 0)
  const chunks = chunkCount(...(logits.shape as [number, number]), learnt)
  if (config.task_type !== 'CAUSAL_LM' || chunks === 1) return { inputs, logits, ...labelLoss(logits, labels, config) }
  const { lossSum, hits } = chunkedCrossEntropy({ hidden, ...labels }, head, chunks, trained)
  return { inputs, logits, lossSum, judged: { hits } }
}

const weighted = (losses: Node, { weights }: Labels): Node => sumAll(mul(losses, weights))

function labelLoss(logits: Node, labels: Labels, config: RunConfig): Pick<TaskGraph, 'lossSum' | 'judged'> {
  const { values, targets } = labels
  if (values === null) {
    const best = argmax(logits)
    const judged: TaskGraph['judged'] =
      config.task_type === 'CAUSAL_LM' ? { hits: toFloat(equal(best, targets)) } : { predicted: best }
    return { lossSum: weighted(crossEntropy(logits, targets), labels), judged }
  }
  const loss = config.problem_type === 'regression' ? squaredError(logits, values) : binaryCrossEntropy(logits, values)
  return { lossSum: weighted(loss, labels), judged: { scores: logits } }
}

/** Mean over the columns, [rows]. */
const rowMean = (x: Node): Node => {
  const [rows, columns] = x.shape as [number, number]
  return reshape(mul(sum(x, [1]), fill(1 / columns)), [rows])
}

const squaredError = (predicted: Node, values: Node): Node => rowMean(square(sub(predicted, values)))

/** max(z, 0) - z y + log(1 + exp(-|z|)): finite for every z. */
const binaryCrossEntropy = (z: Node, y: Node): Node =>
  rowMean(add(sub(maximum(z, fill(0)), mul(z, y)), log(add(fill(1), exp(neg(abs(z)))))))

/** Mean over a text's real tokens, scaled to length 1: [sequences, hidden] (arXiv 1908.10084). */
export function sentenceEmbeddings(hidden: Node, { batch, length, attentionMask }: BatchNodes): Node {
  const width = hidden.shape[1] as number
  const mask = reshape(toFloat(attentionMask), [batch, length, 1])
  const total = reshape(sum(mul(reshape(hidden, [batch, length, width]), mask), [1]), [batch, width])
  const count = maximum(reshape(sum(mask, [1]), [batch, 1]), fill(1))
  const mean = div(total, count)
  return mul(mean, rsqrt(maximum(sum(square(mean), [1]), fill(1e-24))))
}

/** Cannot win a softmax, and stays finite. */
const EXCLUDED = -1e9

/**
 * Pairs of texts: each first text must find its partner among those of the batch (in-batch negatives, arXiv 1705.00652),
 * or the cosine of a pair must be the number it is labelled with.
 */
function similarity(model: Model, scope: ModelScope, config: RunConfig, batch: TaskBatch): Omit<TaskGraph, 'inputs'> {
  const pairs = batch.batch / 2
  const embeddings = sentenceEmbeddings(model.hidden(scope, batch), batch)
  const [first, second] = split(embeddings, [pairs, pairs]) as [Node, Node]
  const { labels, groups } = batch
  const used = <T extends Node | null>(node: T): T => (node && slice(node, 0, pairs)) as T
  const own: Labels = {
    ...labels,
    targets: used(labels.targets),
    weights: used(labels.weights),
    values: used(labels.values),
  }
  const slots = labels.weights.shape[0] as number
  const inSlots = (x: Node) => pad(x, 0, slots - pairs)
  if (own.values) {
    const cosine = sum(mul(first, second), [1])
    return {
      lossSum: weighted(squaredError(cosine, own.values), own),
      judged: { scores: inSlots(cosine) },
      logits: embeddings,
    }
  }
  const cosines = mul(matmul(first, second, { transposeB: true, exact: true }), fill(config.similarity_scale))
  const scores = add(cosines, mul(unwanted(used(groups as Node), own.weights, pairs), fill(EXCLUDED)))
  const hits = toFloat(equal(argmax(scores), own.targets))
  return {
    lossSum: weighted(crossEntropy(scores, own.targets), own),
    judged: { hits: inSlots(hits) },
    logits: embeddings,
  }
}

/** 1 where a column is no negative of a row: filler, or a text equal to the row's own partner. */
function unwanted(groups: Node, weights: Node, pairs: number): Node {
  const ids = toFloat(groups)
  const alike = toFloat(equal(reshape(ids, [pairs, 1]), reshape(ids, [1, pairs])))
  const diagonal = Float32Array.from({ length: pairs * pairs }, (_, i) => (i % (pairs + 1) === 0 ? 1 : 0))
  const filler = sub(fill(1), reshape(weights, [1, pairs]))
  return mul(maximum(alike, filler), sub(fill(1), constant(diagonal, [pairs, pairs])))
}
