import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import type { Batch } from '../../main/engine/data/batches.ts'
import { type Shape, sizeOf } from '../../main/engine/ir/graph.ts'
import type { Model } from '../../main/engine/models/model.ts'
import { packed } from '../../main/engine/train/held/held-weight.ts'
import { openSession, type Session } from '../../main/engine/train/session.ts'
import { targetLinears } from '../../main/engine/train/targets.ts'
import { selfTest } from '../../main/native/self-test.ts'
import { toErrorData } from '../../shared/domain/error.ts'
import { LABELS, modelOf, runConfigOf } from './floor.ts'
import { type Measurement, SHAPES, type StepCase, stepCaseSchema } from './step-case.ts'

/** One measured series of training steps in this process, random weights: `step.ts CASE STEPS`, the case as JSON. */
const now = () => performance.now() / 1000
let state = 1
const random = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32 - 0.5
}

/** Weights of the size that PyTorch's initialisation gives them (std 0.02), norms near 1. */
function* values({ layout }: Session, { description }: Model) {
  const { base, held, all } = layout
  for (const { name, shape } of description.parameters) {
    const norm = shape.length === 1 && !name.endsWith('bias')
    const data = filled(shape, () => (norm ? 1 : random() * 0.07))
    const weight = held.get(name)
    const parts = weight ? packed(weight, data) : [data]
    for (const [i, part] of parts.entries()) yield [weight?.variables[i]?.name ?? name, part] as const
  }
  const known = new Set(base.map(({ name }) => name))
  for (const { name, shape } of all.filter((variable) => !known.has(variable.name))) {
    yield [name, filled(shape, () => (/^(adapter\/lora_A|shared\/)/.test(name) ? random() * 0.08 : 0))] as const
  }
}

function filled(shape: Shape, value: () => number): Float32Array {
  const data = new Float32Array(sizeOf(shape))
  for (let i = 0; i < data.length; i++) data[i] = value()
  return data
}

function batchOf({ batch, length }: StepCase, { description }: Model, causal: boolean): Batch {
  const size = batch * length
  const ids = Int32Array.from({ length: size }, () => Math.floor((random() + 0.5) * description.vocabSize))
  const last = (i: number) => i % length === length - 1
  const slots = causal ? Int32Array.from(ids.keys()) : Int32Array.from({ length: batch }, (_, row) => row * length)
  return {
    shape: { batch, length, labels: slots.length },
    inputIds: ids,
    attentionMask: new Int32Array(size).fill(1),
    labelPositions: slots,
    labelTargets: slots.map((at, i) => (causal ? (last(at) ? 0 : (ids[at + 1] as number)) : i % LABELS)),
    labelWeights: Float32Array.from(slots, (at) => (causal && last(at) ? 0 : 1)),
    labelRows: slots.map((at) => Math.floor(at / length)),
    tokens: size,
    labelCount: causal ? size - batch : batch,
    rows: batch,
    ...(description.tokenTypes && { extra: { tokenTypes: new Int32Array(size) } }),
  }
}

/** GFLOP/s of the machine's best product; one look is over in 50 ms, which another process may take away. */
async function productSpeed(): Promise<number> {
  let best = 0
  for (let look = 0; look < 20; look++) best = Math.max(best, (await selfTest()).gflops)
  return best
}

async function measure(measured: StepCase, steps: number): Promise<Measurement> {
  const config = runConfigOf(measured)
  const causal = SHAPES[measured.shape].task === 'CAUSAL_LM'
  const model = modelOf(measured)
  const batch = batchOf(measured, model, causal)
  const start = now()
  const backend = await tensorflowBackend({ device: measured.device, xla: false })
  const session = await openSession(backend, {
    model,
    targets: targetLinears(model.description, config),
    method: ADAPTERS[config.method],
    config,
    trainShapes: [batch.shape],
    evalShapes: [],
  })
  const built = now()
  await session.load(values(session, model), true)
  const loaded = now()
  const seconds: number[] = []
  const cpu: number[] = []
  for (let step = 1; step <= steps; step++) {
    const [before, busy] = [now(), process.cpuUsage()]
    await session.step(new Array(measured.accumulation).fill(batch), config.learning_rate, step)
    seconds.push(now() - before)
    const { user, system } = process.cpuUsage(busy)
    cpu.push((user + system) / 1e6)
  }
  const peakBytes = process.resourceUsage().maxRSS * 1024
  return {
    engine: 'dora-studio',
    nodes: session.executable.nodeCount,
    buildSeconds: built - start,
    loadSeconds: loaded - built,
    firstStepSeconds: seconds[0] as number,
    stepSeconds: Math.min(...seconds.slice(1)),
    cpuSeconds: Math.min(...cpu.slice(1)),
    peakBytes,
    gemmGflops: await productSpeed(),
  }
}

const [, , text = '{}', steps = '4'] = process.argv
try {
  console.log(JSON.stringify(await measure(stepCaseSchema.parse(JSON.parse(text)), Number(steps))))
} catch (error) {
  const { message, hint } = toErrorData(error)
  console.error(`${message} ${hint}`)
  process.exitCode = 1
}
