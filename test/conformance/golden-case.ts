import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import type { Batch } from '../../main/engine/data/batches.ts'
import { type AdapterParts, type Merger, openMerger } from '../../main/engine/export/merge.ts'
import { openModelFolder, readConfig } from '../../main/engine/formats/model-folder.ts'
import { openSafetensors, type SafetensorsFile } from '../../main/engine/formats/safetensors.ts'
import type { Backend } from '../../main/engine/ir/executable.ts'
import { modelFromConfig } from '../../main/engine/models/index.ts'
import type { LinearSpec } from '../../main/engine/models/model.ts'
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
  readonly batch: Batch
  readonly steps: number
  open(backend: Backend): Promise<Session>
  openMerger(backend: Backend): Promise<Merger>
  /** Every adapted layer with its base weight and the adapter as PEFT saved it. */
  adapted(): Iterable<{ linear: LinearSpec; weight: Float32Array; parts: AdapterParts }>
  /** Key of a trainable in the expected file. */
  key(entry: Entry): string
}

const folderOf = (name: string) => join(import.meta.dirname, 'golden', name)

export function goldenCase(name: string): GoldenCase {
  const folder = folderOf(name)
  const meta = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Record<string, number>
  const config = caseConfig(folder, meta)
  const expected = openSafetensors(join(folder, 'expected.safetensors'))
  const batch = caseBatch(expected)
  const model = modelFromConfig(readConfig(join(folder, 'base')))
  const linears = config.method === 'full' ? [] : targetLinears(model.description, config)
  return {
    name,
    config,
    expected,
    batch,
    steps: meta.steps as number,
    key,
    open: (backend) => open(backend, folder, config, batch),
    openMerger: (backend) => openMerger(backend, linears, ADAPTERS[config.method], config),
    adapted: () => adapted(folder, config, linears),
  }
}

const key = ({ module, part }: Entry) => (part === '' ? module : `base_model.model.${module}.${part}`)

function caseConfig(folder: string, meta: Record<string, number>): RunConfig {
  const path = join(folder, 'adapter', 'adapter_config.json')
  const peft = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null
  const method: MethodKind = peft === null ? 'full' : peft.use_dora ? 'dora' : 'lora'
  return runConfigSchema.parse({
    model_name_or_path: join(folder, 'base'),
    train_file: 'none',
    method,
    ...(peft && {
      r: peft.r,
      lora_alpha: peft.lora_alpha,
      use_rslora: peft.use_rslora,
      target_modules: peft.target_modules,
    }),
    learning_rate: meta.lr,
    lr_scheduler_type: 'constant',
    weight_decay: meta.weight_decay,
    magnitude_weight_decay: meta.weight_decay,
    max_grad_norm: 0,
    trajectory_steps: 1,
  })
}

function* adapted(folder: string, config: RunConfig, linears: readonly LinearSpec[]) {
  const base = openModelFolder(join(folder, 'base'))
  for (const linear of linears) {
    const adapter = openSafetensors(join(folder, 'adapter', 'adapter_model.safetensors'))
    const parameters = ADAPTERS[config.method].parameters(linear, config)
    const read = (part: string) => adapter.readFloat32(`base_model.model.${linear.module}.${part}`)
    const parts = Object.fromEntries(parameters.map(({ part }) => [part, read(part)]))
    yield { linear, weight: base.readFloat32(`${linear.module}.weight`), parts }
    adapter.close()
  }
  base.close()
}

/** int64 arrays of the reference as int32. */
function ints(file: SafetensorsFile, name: string): Int32Array {
  const raw = file.readRaw(name)
  const wide = new BigInt64Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength))
  return Int32Array.from(wide, Number)
}

/** Every position is a label slot; weight 1 where the reference has a label for the next token. */
function caseBatch(expected: SafetensorsFile): Batch {
  const [batch, length] = (expected.tensors.get('input_ids') as { shape: unknown }).shape as [number, number]
  const labels = ints(expected, 'labels')
  const next = (i: number) => (i % length === length - 1 ? -100 : (labels[i + 1] as number))
  const at = Array.from({ length: batch * length }, (_, i) => i)
  const weights = Float32Array.from(at, (i) => (next(i) === -100 ? 0 : 1))
  const attentionMask = ints(expected, 'attention_mask')
  return {
    shape: { batch, length, labels: batch * length },
    inputIds: ints(expected, 'input_ids'),
    attentionMask,
    labelPositions: Int32Array.from(at),
    labelTargets: Int32Array.from(at, (i) => Math.max(0, next(i))),
    labelWeights: weights,
    labelRows: Int32Array.from(at, (i) => Math.floor(i / length)),
    tokens: attentionMask.reduce((a, b) => a + b, 0),
    labelCount: weights.reduce((a, b) => a + b, 0),
    rows: batch,
  }
}

async function open(backend: Backend, folder: string, config: RunConfig, batch: Batch): Promise<Session> {
  const base = openModelFolder(join(folder, 'base'))
  const model = modelFromConfig(readConfig(join(folder, 'base')))
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
  const byName = new Map(session.layout.trainables.map((trainable) => [trainable.variable.name, trainable]))
  const restored = (name: string) => {
    const trainable = byName.get(name)
    if (!adapter || !trainable) return undefined
    return Float32Array.from(trainable.entries.flatMap((entry) => [...adapter.readFloat32(key(entry))]))
  }
  await session.load(initialValues(base, session.layout, 0, restored), false)
  return session
}
