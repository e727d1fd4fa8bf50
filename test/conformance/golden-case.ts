import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import type { Batch } from '../../main/engine/data/batches.ts'
import { type Merger, openMerger, type ReadArray } from '../../main/engine/export/merge.ts'
import { openModelFolder, readConfig } from '../../main/engine/formats/model-folder.ts'
import { openSafetensors, type SafetensorsFile } from '../../main/engine/formats/safetensors.ts'
import type { Backend } from '../../main/engine/ir/executable.ts'
import { modelFromConfig } from '../../main/engine/models/index.ts'
import type { LinearSpec, Model, ModelTask } from '../../main/engine/models/model.ts'
import { baseWeights } from '../../main/engine/train/base-weights.ts'
import { initialValues } from '../../main/engine/train/initial-values.ts'
import { openSession, type Session } from '../../main/engine/train/session.ts'
import type { Entry } from '../../main/engine/train/state.ts'
import { targetLinears } from '../../main/engine/train/targets.ts'
import type { MethodKind } from '../../shared/domain/method.ts'
import { type RunConfig, runConfigSchema } from '../../shared/domain/run-config.ts'

/** A reference case computed by transformers and PEFT (golden/make_golden.py). */
export type GoldenCase = {
  readonly name: string
  readonly config: RunConfig
  readonly expected: SafetensorsFile
  /** A tensor that transformers and PEFT computed in float64 (golden/make_exact.py). */
  exact(name: string): Float64Array
  readonly batch: Batch
  readonly steps: number
  /** A session that holds what PEFT started from; `changes` to the settings must leave its arrays what they are. */
  open(backend: Backend, changes?: Partial<RunConfig>): Promise<Session>
  openMerger(backend: Backend): Promise<Merger>
  /** Every adapted layer with its base weight and the adapter as PEFT saved it. */
  adapted(): Iterable<{ linear: LinearSpec; weight: Float32Array; read: ReadArray }>
  /** Key of a trainable in the expected file. */
  key(entry: Entry): string
}

const folderOf = (name: string) => join(import.meta.dirname, 'golden', name)

/** `extra` changes settings of the run that the case was not made for. */
export function goldenCase(name: string, extra: Partial<RunConfig> = {}): GoldenCase {
  const folder = folderOf(name)
  const meta = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Record<string, number>
  const config = { ...caseConfig(folder, meta), ...extra }
  const expected = openSafetensors(join(folder, 'expected.safetensors'))
  const json = readConfig(join(folder, 'base'))
  const task = caseTask(config, json)
  const model = modelFromConfig(json, task)
  const batch = caseBatch(expected, config, model)
  const linears = config.method === 'full' ? [] : targetLinears(model.description, config)
  return {
    name,
    config,
    expected,
    exact: exactReader(join(folder, 'exact.safetensors')),
    batch,
    steps: meta.steps as number,
    key,
    open: (backend, changes) => open(backend, folder, { ...config, ...changes }, model, batch, expected),
    openMerger: (backend) => openMerger(backend, linears, ADAPTERS[config.method], config),
    adapted: () => adapted(folder, model, linears),
  }
}

/** Reads the float64 tensors of a file that golden/make_exact.py wrote. */
export function exactReader(path: string): GoldenCase['exact'] {
  const file = openSafetensors(path)
  return (name) => {
    const { buffer, byteOffset, byteLength } = file.readRaw(name)
    return new Float64Array(buffer.slice(byteOffset, byteOffset + byteLength))
  }
}

const key = (entry: Entry) => entry.key

function caseConfig(folder: string, meta: Record<string, number>): RunConfig {
  const path = join(folder, 'adapter', 'adapter_config.json')
  const peft = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null
  const method = peft === null ? 'full' : methodOf(peft)
  return runConfigSchema.parse({
    model_name_or_path: join(folder, 'base'),
    train_file: 'none',
    method,
    target_modules: 'all-linear',
    ...(peft && {
      r: peft.r,
      lora_alpha: peft.lora_alpha,
      use_rslora: peft.use_rslora,
      target_modules: peft.target_modules,
      rank_pattern: peft.rank_pattern,
      alpha_pattern: peft.alpha_pattern,
      layers_to_transform: peft.layers_to_transform,
      layers_pattern: peft.layers_pattern && [peft.layers_pattern].flat(),
      // PEFT adds the names that heads may have; the model knows its own.
      modules_to_save: peft.task_type === 'CAUSAL_LM' ? peft.modules_to_save : null,
      bias: peft.bias,
      task_type: peft.task_type,
      num_virtual_tokens: peft.num_virtual_tokens,
      prefix_projection: peft.prefix_projection,
      encoder_hidden_size: peft.encoder_hidden_size,
    }),
    ...problemOf(folder),
    // PEFT puts all arrays of one dimension, and so m, into the group of B.
    ...(meta.loraplus_lr_ratio && {
      loraplus_lr_ratio: meta.loraplus_lr_ratio,
      ...(meta.loraplus_lr_embedding && { loraplus_lr_embedding: meta.loraplus_lr_embedding }),
      magnitude_lr_ratio: meta.loraplus_lr_ratio,
    }),
    learning_rate: meta.lr,
    lr_scheduler_type: 'constant',
    weight_decay: meta.weight_decay,
    magnitude_weight_decay: meta.weight_decay,
    max_grad_norm: 0,
    trajectory_steps: 1,
  })
}

const problemOf = (folder: string) => {
  const { problem_type } = readConfig(join(folder, 'base'))
  return typeof problem_type === 'string' && { problem_type }
}

const methodOf = (peft: Record<string, unknown>): MethodKind =>
  METHOD_OF_TYPE[peft.peft_type as string] ?? (peft.use_dora ? 'dora' : 'lora')

const METHOD_OF_TYPE: Readonly<Record<string, MethodKind>> = { VERA: 'vera', PREFIX_TUNING: 'prefix' }

function* adapted(folder: string, model: Model, linears: readonly LinearSpec[]) {
  const base = baseWeights(openModelFolder(join(folder, 'base')), model.description, 0)
  const adapter = openSafetensors(join(folder, 'adapter', 'adapter_model.safetensors'))
  for (const linear of linears) {
    yield { linear, weight: base.readFloat32(`${linear.module}.weight`), read: adapter.readFloat32 }
  }
  adapter.close()
  base.close()
}

/** int64 arrays of the reference as int32. */
function ints(file: SafetensorsFile, name: string): Int32Array {
  const raw = file.readRaw(name)
  const wide = new BigInt64Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength))
  return Int32Array.from(wide, Number)
}

/** The task of the reference model, from the class it was saved as. */
function caseTask(config: RunConfig, json: Readonly<Record<string, unknown>>): ModelTask {
  const { task_type: type } = config
  if (type === 'CAUSAL_LM' || type === 'FEATURE_EXTRACTION') return { type }
  return { type, labels: Object.keys(json.id2label ?? { a: 0, b: 1 }).length }
}

/**
 * Language models: every position is a label slot, with weight 1 where the reference has a label for the next token.
 * Classes: a slot for each sequence, or for each token.
 */
export function caseBatch(expected: SafetensorsFile, config: RunConfig, { description }: Model): Batch {
  const [batch, length] = (expected.tensors.get('input_ids') as { shape: unknown }).shape as [number, number]
  const attentionMask = ints(expected, 'attention_mask')
  const slots = labelSlots(expected, config, batch, length, description.bidirectional === true)
  const labels = slots.positions.length
  return {
    shape: { batch, length, labels },
    inputIds: ints(expected, 'input_ids'),
    attentionMask,
    labelPositions: Int32Array.from(slots.positions),
    labelTargets: Int32Array.from(slots.targets, (target) => Math.max(0, target)),
    labelWeights: Float32Array.from(slots.targets, (target) => (target === -100 ? 0 : 1)),
    labelRows: Int32Array.from(slots.positions, (i) => Math.floor(i / length)),
    tokens: attentionMask.reduce((a, b) => a + b, 0),
    labelCount: slots.targets.filter((target) => target !== -100).length,
    rows: batch,
    extra: {
      ...(description.tokenTypes && { tokenTypes: new Int32Array(batch * length) }),
      ...(slots.values && { labelValues: slots.values }),
    },
  }
}

type Slots = { readonly positions: number[]; readonly targets: number[]; readonly values?: Float32Array }

function labelSlots(
  expected: SafetensorsFile,
  { task_type: task, problem_type: problem }: RunConfig,
  batch: number,
  length: number,
  readsFirst: boolean,
): Slots {
  const positions = Array.from({ length: batch * length }, (_, i) => i)
  if (task === 'SEQ_CLS') {
    const mask = ints(expected, 'attention_mask')
    const last = (row: number) => mask.slice(row * length, (row + 1) * length).lastIndexOf(1)
    const rows = Array.from({ length: batch }, (_, row) => row * length + (readsFirst ? 0 : last(row)))
    if (problem === 'single_label_classification') return { positions: rows, targets: [...ints(expected, 'labels')] }
    return { positions: rows, targets: rows.map(() => 0), values: expected.readFloat32('labels') }
  }
  const labels = ints(expected, 'labels')
  if (task === 'TOKEN_CLS') return { positions, targets: [...labels] }
  const next = (i: number) => (i % length === length - 1 ? -100 : (labels[i + 1] as number))
  return { positions, targets: positions.map(next) }
}

async function open(
  backend: Backend,
  folder: string,
  config: RunConfig,
  model: Model,
  batch: Batch,
  expected: SafetensorsFile,
): Promise<Session> {
  const base = baseWeights(openModelFolder(join(folder, 'base')), model.description, 0)
  const session = await openSession(backend, {
    model,
    targets: targetLinears(model.description, config),
    method: ADAPTERS[config.method],
    config,
    trainShapes: [batch.shape],
    evalShapes: [batch.shape],
    logitShapes: [batch.shape],
  })
  const adapter =
    config.method === 'full' ? null : openSafetensors(join(folder, 'adapter', 'adapter_model.safetensors'))
  const { trainables, frozen } = session.layout
  const byName = new Map([...trainables, ...frozen].map((packing) => [packing.variable.name, packing]))
  // What PEFT does not save (a prefix before it is folded) stands beside the results.
  const startOf = (name: string) => {
    const start = `start.${name}`
    return expected.tensors.has(start) ? expected.readFloat32(start) : (adapter?.readFloat32(name) ?? [])
  }
  const restored = (name: string) => {
    const trainable = byName.get(name)
    if (!adapter || !trainable) return undefined
    return Float32Array.from(trainable.entries.flatMap((entry) => [...startOf(key(entry))]))
  }
  await session.load(initialValues(base, session.layout, 0, restored), false)
  return session
}
