import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { droppingFrom } from '../../main/engine/adapters/dropout.ts'
import { full } from '../../main/engine/adapters/full.ts'
import type { Batch } from '../../main/engine/data/batches.ts'
import { openModelFolder, readConfig } from '../../main/engine/formats/model-folder.ts'
import { type TensorToWrite, writeSafetensors } from '../../main/engine/formats/write-safetensors.ts'
import type { Backend, Values } from '../../main/engine/ir/executable.ts'
import { type Shape, sizeOf } from '../../main/engine/ir/graph.ts'
import { modelFromConfig } from '../../main/engine/models/index.ts'
import type { Model, ModelTask } from '../../main/engine/models/model.ts'
import { fill, placeholder } from '../../main/engine/ops/index.ts'
import { baseWeights } from '../../main/engine/train/base-weights.ts'
import { dropoutSeedAt } from '../../main/engine/train/dropout-seed.ts'
import { initialValues } from '../../main/engine/train/initial-values.ts'
import { bindModel } from '../../main/engine/train/scope.ts'
import { openSession, type Session } from '../../main/engine/train/session.ts'
import { taskBatch, taskGraph } from '../../main/engine/train/task-graph.ts'
import { type RunConfig, runConfigSchema } from '../../shared/domain/run-config.ts'
import { backends } from '../conformance/backends.ts'
import { pureProgram } from '../conformance/programs.ts'
import { sharedFolder } from '../temporary-folder.ts'
import { tinyModel } from '../training/tiny-model.ts'
import { askReference, python } from './python.ts'

const title = python
  ? 'dropout of the base model beside transformers with the same masks'
  : 'dropout of the base model (NOT RUN: set DORA_REFERENCE_PYTHON, see test/reference/install.sh)'

const LABELS = 3
const VOCAB = 100
const ENCODER = { hidden_dropout_prob: 0.2, attention_probs_dropout_prob: 0.3, classifier_dropout: 0.4 }
const GPT2 = { embd_pdrop: 0.15, attn_pdrop: 0.25, resid_pdrop: 0.35 }

type Case = {
  readonly type: string
  readonly task: Exclude<RunConfig['task_type'], 'FEATURE_EXTRACTION'>
  readonly fields: object
  /** Masks that transformers asks for in two layers. */
  readonly masks: number
  /** Length of a row. */
  readonly length: number
  readonly extra?: Partial<RunConfig>
  /** The other backend draws other masks by the same graph. */
  readonly portable?: true
}
const SHORT = 9
/** From here on attention is computed twice. */
const LONG = 512

const CASES: readonly Case[] = [
  { type: 'bert', task: 'SEQ_CLS', fields: ENCODER, masks: 8, length: SHORT },
  { type: 'bert', task: 'TOKEN_CLS', fields: ENCODER, masks: 8, length: SHORT, portable: true },
  { type: 'bert', task: 'SEQ_CLS', fields: ENCODER, masks: 8, length: LONG },
  { type: 'roberta', task: 'SEQ_CLS', fields: { ...ENCODER, max_position_embeddings: 600 }, masks: 9, length: SHORT },
  { type: 'gpt2', task: 'CAUSAL_LM', fields: GPT2, masks: 7, length: SHORT, portable: true },
  { type: 'gpt2', task: 'CAUSAL_LM', fields: GPT2, masks: 7, length: SHORT, extra: { gradient_checkpointing: true } },
  // What transformers takes where config.json says nothing.
  { type: 'gpt2', task: 'TOKEN_CLS', fields: {}, masks: 8, length: SHORT },
  { type: 'llama', task: 'CAUSAL_LM', fields: { attention_dropout: 0.3 }, masks: 2, length: SHORT },
  { type: 'llama', task: 'TOKEN_CLS', fields: {}, masks: 1, length: SHORT },
  { type: 'phi3', task: 'CAUSAL_LM', fields: { attention_dropout: 0.3, resid_pdrop: 0.2 }, masks: 6, length: SHORT },
]

const RUNS = (['tensorflow', 'portable'] as const).flatMap((kind) =>
  CASES.filter(({ portable }) => portable || kind === 'tensorflow').map((one) => ({
    kind,
    one,
    name: nameOf(one, kind),
  })),
)

function nameOf({ type, task, length, extra }: Case, backend: string) {
  return `${type} ${task}, ${length} tokens${extra ? ', checkpointing' : ''}, ${backend}`
}

/** Two rows, the second one shorter by two; every token has a class, or predicts the next one. */
function batchOf({ task, length }: Case, { description }: Model) {
  const tokens = 2 * length
  const places = Array.from({ length: tokens }, (_, i) => i)
  const attentionMask = Int32Array.from(places, (i) => (i < tokens - 2 ? 1 : 0))
  const inputIds = Int32Array.from(places, (i) => (attentionMask[i] ? 2 + ((i * 97 + 11) % (VOCAB - 2)) : 1))
  const real = (i: number) => attentionMask[i] === 1
  const labels =
    task === 'SEQ_CLS'
      ? [2, 0]
      : places.map((i) => (real(i) ? (task === 'TOKEN_CLS' ? i % LABELS : inputIds[i]) : -100))
  const slots = task === 'SEQ_CLS' ? [0, length] : places
  const next = (i: number) => (i % length === length - 1 ? -100 : (labels[i + 1] as number))
  const targets = task === 'CAUSAL_LM' ? places.map(next) : (labels as number[])
  const batch: Batch = {
    shape: { batch: 2, length, labels: slots.length },
    inputIds,
    attentionMask,
    labelPositions: Int32Array.from(slots),
    labelTargets: Int32Array.from(targets, (target) => Math.max(0, target)),
    labelWeights: Float32Array.from(targets, (target) => (target === -100 ? 0 : 1)),
    labelRows: Int32Array.from(slots, (i) => Math.floor(i / length)),
    tokens: tokens - 2,
    labelCount: targets.filter((target) => target !== -100).length,
    rows: 2,
    extra: description.tokenTypes ? { tokenTypes: new Int32Array(tokens) } : {},
  }
  return { batch, labels: Int32Array.from(labels as number[]) }
}

type Drop = { readonly place: string; readonly shape: Shape; readonly rate: number }

/** What the model drops, in the order of the forward pass. */
function dropsOf(model: Model, config: RunConfig, session: Session, batch: Batch): Drop[] {
  const seen: Drop[] = []
  const { training } = bindModel(model.description, [], full, config, session.layout)
  const scope = training(placeholder('dropoutSeed', 'int32', [2]))
  const dropout: typeof scope.dropout = (x, place, rate) => {
    if (rate > 0) seen.push({ place, shape: x.shape, rate })
    return scope.dropout(x, place, rate)
  }
  taskGraph(model, { ...scope, layer: (x, build) => build(x), dropout }, config, taskBatch(model, config, batch.shape))
  return seen
}

/** The masks themselves, by the backend that draws them: 0 or 1/(1-rate). */
async function masksOf(backend: Backend, drops: readonly Drop[], values: Record<string, Values>) {
  const dropoutSeed = placeholder('dropoutSeed', 'int32', [2])
  const drop = droppingFrom(dropoutSeed)
  const ones = drops.map(({ place, shape, rate }, i) => [`mask.${i}`, drop(fill(1, shape), place, rate)] as const)
  const executable = await backend.compile(pureProgram({ dropoutSeed }, Object.fromEntries(ones)))
  const masks = await executable.run('main', values)
  executable.dispose()
  return drops.map(({ shape }, i): TensorToWrite => {
    const data = masks[`mask.${i}`] as Float32Array
    return { name: `mask.${i}`, dtype: 'F32', shape: [sizeOf(shape)], data }
  })
}

/** One step of the studio, written down for check_dropout.py. Without memory Adam's first moment is the gradient. */
async function passOf(one: Case, backend: Backend, folder: string) {
  const task: ModelTask = one.task === 'CAUSAL_LM' ? { type: one.task } : { type: one.task, labels: LABELS }
  const modelFolder = await tinyModel(folder, one.type, task, { vocab_size: VOCAB, ...one.fields })
  const model = modelFromConfig(readConfig(modelFolder), task)
  const settings = { train_file: 'none', method: 'full', adam_beta1: 0, max_grad_norm: 0, trajectory_steps: 0 } as const
  const given = { model_name_or_path: modelFolder, task_type: one.task, ...settings, ...one.extra }
  const config = runConfigSchema.parse(given)
  const { batch, labels } = batchOf(one, model)
  const shapes = { trainShapes: [batch.shape], evalShapes: [] }
  const session = await openSession(backend, { model, targets: [], method: full, config, ...shapes })
  const base = baseWeights(openModelFolder(modelFolder), model.description, 0)
  await session.load(
    initialValues(base, session.layout, 0, () => undefined),
    false,
  )
  base.close()
  const drops = dropsOf(model, config, session, batch)
  const masks = await masksOf(backend, drops, dropoutSeedAt(config, model.description, 1, 0))
  const { loss } = await session.step([batch], 1e-3, 1)
  const gradients = [...session.executable.read(session.layout.trainables.map(({ first }) => first.name))]
  const tensors: TensorToWrite[] = session.layout.trainables.map(({ variable: { name, shape } }, i) => {
    const data = Float32Array.from((gradients[i] as readonly [string, Values])[1])
    return { name: `grad.${name}`, dtype: 'F32', shape, data }
  })
  session.executable.dispose()
  const path = join(folder, 'pass.safetensors')
  const shape = [2, one.length]
  await writeSafetensors(path, [
    { name: 'input_ids', dtype: 'I32', shape, data: batch.inputIds },
    { name: 'attention_mask', dtype: 'I32', shape, data: batch.attentionMask },
    { name: 'labels', dtype: 'I32', shape: one.task === 'SEQ_CLS' ? [2] : shape, data: labels },
    { name: 'loss', dtype: 'F32', shape: [1], data: Float32Array.of(loss) },
    ...masks,
    ...tensors,
  ])
  const classes = one.task === 'CAUSAL_LM' ? 0 : LABELS
  const rates = drops.map(({ rate }) => rate)
  return { folder: modelFolder, task: one.task, labels: classes, rates, tensors: path }
}

describe.runIf(python)(title, () => {
  const folder = sharedFolder()
  let found: Record<string, Record<string, number>> = {}
  beforeAll(async () => {
    const passes: object[] = []
    for (const [i, { kind, one, name }] of RUNS.entries()) {
      passes.push({ name, ...(await passOf(one, await backends[kind](), join(folder, String(i)))) })
    }
    found = await askReference('check_dropout', { passes })
  }, 300_000)

  it.each(RUNS)('gives the same loss and gradients to 1e-5: $name', ({ name, one }) => {
    const { loss, gradients, masks: used } = found[name] as Record<string, number>
    expect(used).toBe(one.masks)
    expect(loss).toBeLessThan(1e-5)
    expect(gradients).toBeLessThan(1e-5)
  })
})
