import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { StudioError, type StudioErrorData } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Backend, NamedValues } from '../ir/executable.ts'
import { type PreparedRun, restoredSession } from './prepare.ts'
import { faultPlace } from './probe.ts'
import { shapeKey } from './program.ts'
import type { RunControl, RunRequest } from './run.ts'
import { learningRateAt } from './schedule.ts'
import { batchInputs, dropoutSeedAt } from './session.ts'

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

/**
 * Where numbers first stopped being finite at step `failed`. The update of that step has spoilt the weights, so the run is
 * taken up again from its last checkpoint before it (or its start), repeated to the step, bit for bit, and the step's
 * batches are passed through with every module's values looked at. Null where nothing is found, or it would take too long.
 */
async function locate(
  backend: Backend,
  request: RunRequest,
  run: PreparedRun,
  control: RunControl,
  failed: number,
  secondsPerStep: number,
): Promise<string | null> {
  const { config } = request
  const source = checkpointBefore(request.runFolder, failed)
  const repeats = failed - 1 - (source?.step ?? 0)
  if (repeats * secondsPerStep > LONGEST_REPEAT_SECONDS) return null
  control.report({ type: 'phase', phase: `Looking for the layer in which step ${failed} went wrong`, progress: null })
  await control.breathe()
  run.session.executable.dispose()
  const session = await restoredSession(backend, { ...request, resumeFrom: source?.folder ?? null }, run)
  for (let step = (source?.step ?? 0) + 1; step < failed; step++) {
    if (control.stopRequested()) return null
    await session.step(run.data.train.stepBatches(step - 1), learningRateAt(config, step - 1, run.totalSteps), step)
    await control.breathe()
  }
  for (const [micro, batch] of run.data.train.stepBatches(failed - 1).entries()) {
    const key = shapeKey(batch.shape)
    const dropoutSeed: NamedValues =
      config.lora_dropout > 0 ? { dropoutSeed: dropoutSeedAt(config, failed, micro) } : {}
    const inputs = { ...batchInputs(batch), ...dropoutSeed }
    const place = faultPlace(session.probes.get(key) ?? [], await session.executable.run(`probe:${key}`, inputs))
    if (place !== null) return place
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

/** The same fault of a step, with the place where it began and the checkpoint that is still good. */
export async function explainDivergence(
  error: unknown,
  backend: Backend,
  request: RunRequest,
  run: PreparedRun,
  control: RunControl,
  secondsPerStep: number,
): Promise<unknown> {
  if (!(error instanceof StudioError) || error.data.code !== 'diverged') return error
  const failed = run.step + 1
  const checkpoint = checkpointBefore(request.runFolder, failed)
  const place = await locate(backend, request, run, control, failed, secondsPerStep).catch(() => null)
  const found: Partial<StudioErrorData> =
    place === null
      ? {}
      : { message: `${error.data.message} It began in ${place}.`, details: [`First not finite: ${place}`] }
  return new StudioError({ ...error.data, ...found, hint: hintAfter(error.data.hint, request.config, checkpoint) })
}
