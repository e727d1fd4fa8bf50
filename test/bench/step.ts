import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { type Shape, sizeOf } from '../../main/engine/ir/graph.ts'
import { modelFromConfig } from '../../main/engine/models/index.ts'
import { openSession } from '../../main/engine/train/session.ts'
import { targetLinears } from '../../main/engine/train/targets.ts'
import { METHOD_KINDS, type MethodKind } from '../../shared/domain/method.ts'
import { runConfigSchema } from '../../shared/domain/run-config.ts'

/**
 * One measured series of training steps in this process, random weights: `step.ts METHOD BATCH LENGTH LAYERS STEPS`, and
 * settings of the run such as `bf16=true`. Prints one JSON line; run.ts starts it and PEFT's counterpart by turns.
 */
const [method, batch, length, layers, steps] = [
  process.argv[2] as MethodKind,
  ...[4, 256, 30, 6].map((fallback, i) => Number(process.argv[3 + i] ?? fallback)),
] as [MethodKind, number, number, number, number]
const settings = process.argv.slice(7).map((setting): [string, unknown] => {
  const [name = '', value = ''] = setting.split('=')
  return [name, /^(true|false|[\d.]+)$/.test(value) ? JSON.parse(value) : value]
})
if (!METHOD_KINDS.includes(method)) throw new Error(`method must be one of ${METHOD_KINDS}`)

const now = () => performance.now() / 1000
/** The 135-million-parameter Llama shape that peft-step.py builds. */
const modelConfig = {
  model_type: 'llama',
  vocab_size: 49152,
  hidden_size: 576,
  intermediate_size: 1536,
  num_hidden_layers: layers,
  num_attention_heads: 9,
  num_key_value_heads: 3,
  max_position_embeddings: 2048,
  tie_word_embeddings: true,
  rope_theta: 10000,
}

const config = runConfigSchema.parse({
  target_modules: ['q_proj', 'k_proj', 'v_proj', 'up_proj', 'down_proj'],
  model_name_or_path: 'random',
  train_file: 'random',
  method,
  r: 16,
  lora_alpha: 32,
  learning_rate: 1e-4,
  trajectory_steps: 0,
  ...Object.fromEntries(settings),
})
const model = modelFromConfig(modelConfig)
const targets = targetLinears(model.description, config)
const shape = { batch, length, labels: batch * length }

const start = now()
const session = await openSession(await tensorflowBackend(), {
  model,
  targets,
  method: ADAPTERS[method],
  config,
  trainShapes: [shape],
  evalShapes: [],
})
const built = now()

let state = 1
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32 - 0.5
}
/** Weights of the size that PyTorch's initialisation gives them (std 0.02), norms near 1. */
function* values() {
  const { base, held, all } = session.layout
  for (const { name, shape } of model.description.parameters) {
    const data = filled(shape, () => (shape.length === 1 ? 1 : random() * 0.07))
    const weight = held.get(name)
    const parts = weight?.pack(data) ?? [data]
    for (const [i, part] of parts.entries()) yield [weight?.variables[i]?.name ?? name, part] as const
  }
  const known = new Set(base.map(({ name }) => name))
  for (const { name, shape } of all.filter((variable) => !known.has(variable.name))) {
    yield [name, filled(shape, () => (name.startsWith('adapter/lora_A') ? random() * 0.08 : 0))] as const
  }
}
function filled(shape: Shape, value: () => number): Float32Array {
  const data = new Float32Array(sizeOf(shape))
  for (let i = 0; i < data.length; i++) data[i] = value()
  return data
}
await session.load(values(), true)
const loaded = now()

const ids = Int32Array.from({ length: batch * length }, () => Math.floor((random() + 0.5) * modelConfig.vocab_size))
const lastOfRow = (i: number) => i % length === length - 1
const example = {
  shape,
  inputIds: ids,
  attentionMask: new Int32Array(ids.length).fill(1),
  labelPositions: Int32Array.from(ids.keys()),
  labelTargets: ids.map((_, i) => (lastOfRow(i) ? 0 : (ids[i + 1] as number))),
  labelWeights: Float32Array.from(ids, (_, i) => (lastOfRow(i) ? 0 : 1)),
  labelRows: Int32Array.from(ids, (_, i) => Math.floor(i / length)),
  tokens: ids.length,
  labelCount: ids.length - batch,
  rows: batch,
}
const seconds: number[] = []
const cpuSeconds: number[] = []
const losses: number[] = []
for (let step = 1; step <= steps; step++) {
  const before = now()
  const cpu = process.cpuUsage()
  losses.push((await session.step([example], config.learning_rate, step)).loss)
  seconds.push(now() - before)
  const { user, system } = process.cpuUsage(cpu)
  cpuSeconds.push((user + system) / 1e6)
}
const result = {
  engine: 'dora-studio',
  method,
  nodes: session.executable.nodeCount,
  buildSeconds: built - start,
  loadSeconds: loaded - built,
  firstStepSeconds: seconds[0],
  stepSeconds: Math.min(...seconds.slice(1)),
  /** Processor time of all threads: what a busy machine distorts least. */
  cpuSeconds: Math.min(...cpuSeconds.slice(1)),
  tokensPerSecond: (batch * length) / Math.min(...seconds.slice(1)),
  peakBytes: process.resourceUsage().maxRSS * 1024,
  losses,
  seconds,
}
console.log(JSON.stringify(result))
