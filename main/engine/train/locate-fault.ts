import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError, type StudioErrorData } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Backend } from '../ir/executable.ts'
import { type PreparedRun, restoredSession } from './prepare.ts'
import { faultPlace } from './probe.ts'
import { shapeKey } from './program.ts'
import type { RunControl, RunRequest } from './run.ts'
import { learningRateAt } from './schedule.ts'
import { batchInputs, type Session } from './session.ts'

/** Repeating steps to the fault is worth so long a wait; beyond it, the checkpoint is only named. */
const LONGEST_REPEAT_SECONDS = 300

/** Newest whole checkpoint of a run before a step, or null. */
export function checkpointBefore(runFolder: string, step: number): { step: number; folder: string } | null {
  if (!existsSync(runFolder)) return null
  const steps = readdirSync(runFolder)
    .flatMap((name) => (/^checkpoint-\d+$/.test(name) ? [Number(name.slice('checkpoint-'.length))] : []))
    .filter((one) => one < step)
  const last = steps.length > 0 ? Math.max(...steps) : null
  return last === null ? null : { step: last, folder: join(runFolder, `checkpoint-${last}`) }
}

/** Data on which a loss was no number. */
export type Split = 'train' | 'validation' | 'test'

/** What went wrong: a step of training, or an evaluation after one. */
export type Failure = {
  readonly split: Split
  /** Of the training or the evaluation, counted from 1. */
  readonly step: number
  /** Steps that the weights had had which it was computed with. */
  readonly trained: number
}

export function failureOf({ step, best }: PreparedRun, { load_best_model_at_end }: RunConfig, split: Split): Failure {
  if (split === 'train') return { split, step: step + 1, trained: step }
  // The test set judges the best weights where they were asked for.
  const trained = split === 'test' && load_best_model_at_end ? (best.step ?? step) : step
  return { split, step, trained }
}

/** A run that failed, and what is needed to go through it again. */
export type FailedRun = {
  readonly backend: Backend
  readonly request: RunRequest
  readonly run: PreparedRun
  readonly control: RunControl
  readonly secondsPerStep: number
}

/** The batches in which the fault is, each with the probe for it. */
function* suspects({ run }: FailedRun, session: Session, { split, step }: Failure) {
  if (split !== 'train') {
    for (const batch of run.data[split]?.batches() ?? [])
      yield { probe: `eval-probe:${shapeKey(batch.shape)}`, inputs: batchInputs(batch) }
    return
  }
  for (const [micro, batch] of run.data.train.stepBatches(step - 1).entries()) {
    const inputs = { ...batchInputs(batch), ...session.dropoutSeed(step, micro) }
    yield { probe: `probe:${shapeKey(batch.shape)}`, inputs }
  }
}

const lookingFor = ({ split, step }: Failure) =>
  `Looking for the layer in which ${split === 'train' ? `step ${step}` : `the ${split} set`} went wrong`

/**
 * Where numbers first stopped being finite. The update of a step has spoilt the weights, so the run is taken up again from
 * its last checkpoint before it (or its start), repeated to that step, bit for bit, and its batches, or those of the
 * evaluation, are passed through with every module's values looked at. Null where nothing is found, or it would take too
 * long.
 */
async function locate(failed: FailedRun, failure: Failure): Promise<string | null> {
  const { backend, request, run, control } = failed
  const { split, trained } = failure
  const source = checkpointBefore(request.runFolder, trained + 1)
  const from = source?.step ?? 0
  if ((trained - from) * failed.secondsPerStep > LONGEST_REPEAT_SECONDS) return null
  control.report({ type: 'phase', phase: lookingFor(failure), progress: null })
  await control.breathe()
  run.session.executable.dispose()
  const shapes = run.data[split]?.shapes ?? []
  const probes = split === 'train' ? { probeShapes: shapes } : { evalProbeShapes: shapes }
  const session = await restoredSession(backend, { ...request, resumeFrom: source?.folder ?? null }, run, probes)
  for (let step = from + 1; step <= trained; step++) {
    if (control.stopRequested()) return null
    const rate = learningRateAt(request.config, step - 1, run.totalSteps)
    await session.step(run.data.train.stepBatches(step - 1), rate, step)
    await control.breathe()
  }
  for (const { probe, inputs } of suspects(failed, session, failure)) {
    if (control.stopRequested()) return null
    const place = faultPlace(session.probes.get(probe) ?? [], await session.executable.run(probe, inputs))
    if (place !== null) return place
    await control.breathe()
  }
  return null
}

function hintAfter(hint: string, config: RunConfig, checkpoint: { step: number; folder: string } | null): string {
  if (checkpoint === null) return hint
  const way =
    config.method === 'full'
      ? `Its last good checkpoint is of step ${checkpoint.step}: ${checkpoint.folder}.`
      : `Its last good checkpoint is of step ${checkpoint.step}; a new run with a lower learning_rate goes on from it with adapter_name_or_path: ${checkpoint.folder}`
  return `${hint} ${way}`
}

/** The same fault, with the place where it began and the checkpoint that is still good. */
export async function explainDivergence(error: unknown, failed: FailedRun, split: Split): Promise<unknown> {
  if (!(error instanceof StudioError) || error.data.code !== 'diverged') return error
  const { run, request } = failed
  const failure = failureOf(run, request.config, split)
  const checkpoint = checkpointBefore(request.runFolder, failure.step)
  const place = await locate(failed, failure).catch(() => null)
  const found: Partial<StudioErrorData> =
    place === null
      ? {}
      : { message: `${error.data.message} It began in ${place}.`, details: [`First not finite: ${place}`] }
  return new StudioError({ ...error.data, ...found, hint: hintAfter(error.data.hint, request.config, checkpoint) })
}
