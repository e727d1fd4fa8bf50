import { fault } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Batch } from '../data/batches.ts'
import type { Backend, Executable, NamedValues, Values } from '../ir/executable.ts'
import type { Program } from '../ir/graph.ts'
import { estimateMemory } from '../ir/memory.ts'
import { stepScalars } from './optimizer.ts'
import { buildProgram, type ProgramRequest, shapeKey } from './program.ts'
import type { StateLayout } from './state.ts'
import { TRAJECTORY_METRICS } from './trajectory.ts'

export type StepResult = {
  /** Mean loss in nats a labelled token, over all micro-batches. */
  readonly loss: number
  readonly gradNorm: number
  readonly tokens: number
}
export type EvalResult = {
  readonly loss: number /** Share of rows whose labels were all predicted. */
  readonly accuracy: number
}

/** One value a target module. */
export type Trajectory = ReadonlyMap<'delta_m' | 'delta_d' | 'gain_mean' | 'gain_std', Float32Array>

/** A compiled run: what the loop, the tests and the benchmark drive. */
export type Session = {
  readonly layout: StateLayout
  readonly executable: Executable
  /** Fills every variable; `fresh` sets m to the row norms, otherwise the values given for it stand. */
  load(values: Iterable<readonly [string, Values]>, fresh: boolean): Promise<void>
  /** One optimizer step over its micro-batches; `step` counts from 1. */
  step(batches: readonly Batch[], learningRate: number, step: number): Promise<StepResult>
  evaluate(batches: Iterable<Batch>, cancelled?: () => boolean): Promise<EvalResult>
  trajectory(): Promise<Trajectory>
  /** Logits [B*T, vocab] of a batch whose shape was asked for. */
  logits(batch: Batch): Promise<Float32Array>
}

/** Builds the program and compiles it on a backend. */
export async function openSession(backend: Backend, request: ProgramRequest): Promise<Session> {
  const { program, layout } = buildProgram(request)
  refuseTooLarge(program)
  const executable = await backend.compile(program)
  const optional = (signature: string) => (signature in program.signatures ? executable.run(signature, {}) : null)
  return {
    layout,
    executable,
    load: async (values, fresh) => {
      await executable.write(values)
      await optional('prepare')
      await optional('refresh')
      if (fresh) await optional('initialise')
    },
    step: async (batches, learningRate, step) => {
      const result = await optimizerStep(executable, request.config, batches, learningRate, step)
      // n belongs to the new parameters from here on: evaluation, trajectory and the next step all read it.
      await optional('refresh')
      return result
    },
    evaluate: (batches, cancelled) => evaluate(executable, batches, cancelled ?? (() => false)),
    trajectory: () => trajectory(executable),
    logits: async (batch) => {
      const { inputIds, attentionMask } = batch
      const outputs = await executable.run(`logits:${shapeKey(batch.shape)}`, { inputIds, attentionMask })
      return outputs.logits as Float32Array
    },
  }
}

/**
 * Refuses what cannot fit before anything is allocated: a machine that runs out of memory kills the process, and
 * perhaps others, without a word.
 */
function refuseTooLarge(program: Program): void {
  const { state, working, signature } = estimateMemory(program)
  const available = process.availableMemory()
  if (state + working <= available) return
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`
  throw fault(
    'out-of-memory',
    `This run needs about ${gigabytes(state + working)} (${gigabytes(state)} for weights and optimizer, ${gigabytes(working)} for ${signature}), ${gigabytes(available)} are free.`,
    {
      hint: 'Lower per_device_train_batch_size and raise gradient_accumulation_steps, lower max_seq_length, or choose a smaller model.',
      retryable: true,
    },
  )
}

const batchInputs = ({ inputIds, attentionMask, labelPositions, labelTargets, labelWeights }: Batch): NamedValues => ({
  inputIds,
  attentionMask,
  labelPositions,
  labelTargets,
  labelWeights,
})

const sumOver = (batches: readonly Batch[], of: (batch: Batch) => number) =>
  batches.reduce((total, batch) => total + of(batch), 0)

async function optimizerStep(
  executable: Executable,
  config: RunConfig,
  batches: readonly Batch[],
  learningRate: number,
  step: number,
): Promise<StepResult> {
  const labels = sumOver(batches, ({ labelCount }) => labelCount)
  const scalars = stepScalars(config, learningRate, step)
  const lossScale = Float32Array.of(1 / labels)
  const accumulate = config.gradient_accumulation_steps > 1
  let outputs: Record<string, Values> = {}
  let lossSum = 0
  for (const batch of batches) {
    const inputs = { ...batchInputs(batch), lossScale, ...(accumulate ? {} : scalars) }
    outputs = await executable.run(`${accumulate ? 'micro' : 'step'}:${shapeKey(batch.shape)}`, inputs)
    lossSum += outputs.lossSum?.[0] as number
  }
  if (accumulate) outputs = await executable.run('apply', scalars)
  const result = { loss: lossSum / labels, gradNorm: outputs.gradNorm?.[0] as number }
  if (!Number.isFinite(result.loss) || !Number.isFinite(result.gradNorm)) throw diverged(step, result)
  return { ...result, tokens: sumOver(batches, ({ tokens }) => tokens) }
}

function diverged(step: number, { loss, gradNorm }: { loss: number; gradNorm: number }) {
  const what = Number.isFinite(loss) ? `the gradient norm became ${gradNorm}` : `the loss became ${loss}`
  return fault('diverged', `Training diverged: ${what} at step ${step}.`, {
    hint: 'Lower learning_rate, add warmup_steps, or check the data; the last checkpoint is untouched.',
  })
}

async function evaluate(
  executable: Executable,
  batches: Iterable<Batch>,
  cancelled: () => boolean,
): Promise<EvalResult> {
  const totals = { loss: 0, labels: 0, rows: 0, right: 0 }
  for (const batch of batches) {
    if (cancelled()) break
    const { lossSum, hits } = await executable.run(`eval:${shapeKey(batch.shape)}`, batchInputs(batch))
    totals.loss += lossSum?.[0] as number
    totals.labels += batch.labelCount
    totals.rows += batch.rows
    totals.right += batch.rows - rowsWithMiss(batch, hits as Float32Array)
  }
  return { loss: totals.loss / totals.labels, accuracy: totals.right / totals.rows }
}

/** A row is right when every label of it was the most likely token: what greedy decoding would have written. */
function rowsWithMiss(batch: Batch, hits: Float32Array): number {
  const missed = new Set<number>()
  hits.forEach((hit, i) => {
    if (hit === 0 && (batch.labelWeights[i] as number) > 0) missed.add(batch.labelRows[i] as number)
  })
  return missed.size
}

async function trajectory(executable: Executable): Promise<Trajectory> {
  const outputs = await executable.run('trajectory', {})
  const entries = Object.entries(TRAJECTORY_METRICS).flatMap(([output, metric]) =>
    outputs[output] ? [[metric, outputs[output] as Float32Array] as const] : [],
  )
  return new Map(entries)
}
