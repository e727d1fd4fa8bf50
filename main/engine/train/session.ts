import { fault } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Batch } from '../data/batches.ts'
import type { Backend, Executable, NamedValues, Values, Written } from '../ir/executable.ts'
import { dropoutSeedAt } from './dropout-seed.ts'
import { type EvalResult, tallyFor } from './evaluation.ts'
import { stepScalars } from './optimizer.ts'
import { buildProgram, type ProgramRequest, shapeKey } from './program.ts'
import { refuseTooLarge } from './refuse-too-large.ts'
import type { StateLayout } from './state.ts'
import { TRAJECTORY_METRICS } from './trajectory.ts'

export type StepResult = {
  /** Mean loss in nats a labelled token, over all micro-batches. */
  readonly loss: number
  readonly gradNorm: number
  readonly tokens: number
}

/** One value a target module. */
export type Trajectory = ReadonlyMap<'delta_m' | 'delta_d' | 'gain_mean' | 'gain_std', Float32Array>

/** A compiled run: what the loop, the tests and the benchmark drive. */
export type Session = {
  readonly layout: StateLayout
  readonly executable: Executable
  /** Modules that a probe's outputs are of, by its name. */
  readonly probes: ReadonlyMap<string, readonly string[]>
  /** Fills every variable; `fresh` sets m to the row norms, otherwise the values given for it stand. */
  load(values: Iterable<readonly [string, Written]>, fresh: boolean): Promise<void>
  /** One optimizer step over its micro-batches; `step` counts from 1. */
  step(batches: readonly Batch[], learningRate: number, step: number): Promise<StepResult>
  evaluate(batches: Iterable<Batch>, cancelled?: () => boolean): Promise<EvalResult>
  trajectory(): Promise<Trajectory>
  /** The inputs of a step, beside its batch, that its dropout is drawn from. */
  dropoutSeed(step: number, micro: number): NamedValues
  /** Logits of a batch whose shape was asked for: [B*T, vocab] of a language model, else those of its labels. */
  logits(batch: Batch): Promise<Float32Array>
}

/** Builds the program and compiles it on a backend. */
export async function openSession(backend: Backend, request: ProgramRequest): Promise<Session> {
  const { program, layout, probes } = buildProgram({ ...request, ...(backend.kernels && { kernels: backend.kernels }) })
  refuseTooLarge(program, backend)
  const executable = await backend.compile(program)
  const optional = (signature: string) => (signature in program.signatures ? executable.run(signature, {}) : null)
  return {
    layout,
    executable,
    probes,
    load: async (values, fresh) => {
      await executable.write(values)
      await optional('prepare')
      await optional('refresh')
      if (fresh) await optional('initialise')
    },
    step: async (batches, learningRate, step) => {
      const result = await optimizerStep(executable, request, batches, learningRate, step)
      // n belongs to the new parameters from here on: evaluation, trajectory and the next step all read it.
      await optional('refresh')
      return result
    },
    evaluate: (batches, cancelled) => evaluate(executable, request.config, batches, cancelled ?? (() => false)),
    trajectory: () => trajectory(executable),
    dropoutSeed: (step, micro) => dropoutSeedAt(request.config, request.model.description, step, micro),
    logits: async (batch) => {
      const outputs = await executable.run(`logits:${shapeKey(batch.shape)}`, batchInputs(batch))
      return outputs.logits as Float32Array
    },
  }
}

/** What a batch feeds into `step`, `eval` and `logits`, by input name. */
export const batchInputs = (batch: Batch): NamedValues => ({
  inputIds: batch.inputIds,
  attentionMask: batch.attentionMask,
  labelPositions: batch.labelPositions,
  labelTargets: batch.labelTargets,
  labelWeights: batch.labelWeights,
  ...batch.extra,
})

const sumOver = (batches: readonly Batch[], of: (batch: Batch) => number) =>
  batches.reduce((total, batch) => total + of(batch), 0)

async function optimizerStep(
  executable: Executable,
  { config, model }: ProgramRequest,
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
  for (const [micro, batch] of batches.entries()) {
    const seed = dropoutSeedAt(config, model.description, step, micro)
    const inputs: NamedValues = { ...batchInputs(batch), lossScale, ...seed, ...(accumulate ? {} : scalars) }
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
  // Before the first update no learning rate is to blame.
  const hint =
    step === 1
      ? 'Nothing was trained yet, so the numbers of the base model are at fault: download it again or choose another.'
      : 'Lower learning_rate, add warmup_steps, or check the data; checkpoints written before are untouched.'
  return fault('diverged', `Training diverged: ${what} at step ${step}.`, { hint })
}

async function evaluate(
  executable: Executable,
  config: RunConfig,
  batches: Iterable<Batch>,
  cancelled: () => boolean,
): Promise<EvalResult> {
  const tally = tallyFor(config)
  for (const batch of batches) {
    if (cancelled()) break
    tally.add(batch, await executable.run(`eval:${shapeKey(batch.shape)}`, batchInputs(batch)))
  }
  return tally.result()
}

async function trajectory(executable: Executable): Promise<Trajectory> {
  const outputs = await executable.run('trajectory', {})
  const entries = Object.entries(TRAJECTORY_METRICS).flatMap(([output, metric]) =>
    outputs[output] ? [[metric, outputs[output] as Float32Array] as const] : [],
  )
  return new Map(entries)
}
