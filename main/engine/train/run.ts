import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { EngineReport } from '../../../shared/engine-protocol.ts'
import { removeLeftovers } from '../formats/write-folder.ts'
import type { Backend } from '../ir/executable.ts'
import { watchRun } from './alarms/index.ts'
import { afterValidation, isExhausted } from './best.ts'
import { pruneCheckpoints, writeCheckpoint } from './checkpoint.ts'
import { JUDGEMENTS } from './evaluation.ts'
import { explainDivergence, type Split } from './locate-fault.ts'
import { metricWriter } from './metrics.ts'
import { type PreparedRun, prepareRun, restoreWeights } from './prepare.ts'
import { learningRateAt } from './schedule.ts'

export type RunRequest = { readonly config: RunConfig; readonly runFolder: string; readonly resumeFrom: string | null }

/** How the loop is watched and stopped from outside. */
export type RunControl = {
  report(message: EngineReport): void
  /** Set once stopping was asked for. */
  stopRequested(): { readonly checkpoint: boolean } | null
  /** Settles once the host has a checkpoint in its history; absent where there is no host. */
  stored?(step: number): Promise<void>
  /** Lets messages in and out between two steps. */
  breathe(): Promise<void>
}

/** Trains a run from its request to its last report; the one loop a reader should know. */
export async function trainRun(backend: Backend, request: RunRequest, control: RunControl): Promise<void> {
  mkdirSync(request.runFolder, { recursive: true })
  removeLeftovers(request.runFolder)
  const run = await prepareRun(backend, request, control)
  const watch = watchRun(watchRequest(run, request.config), (kind, alarm) =>
    control.report({ type: 'alarm', kind, alarm }),
  )
  watch.data(run.data)
  const explain: Explain = async (error, split, secondsPerStep) => {
    throw await explainDivergence(error, { backend, request, run, control, secondsPerStep }, split)
  }
  const recorder = recordMetrics(run, request.config, control, watch, explain)
  if (run.step === 0) await recorder.trajectory()
  await control.breathe()
  while (run.step < run.totalSteps) {
    const stop = control.stopRequested()
    if (stop) return finishEarly(run, request, control, stop.checkpoint)
    await trainStep(run, request.config, recorder).catch((error) => explain(error, 'train', recorder.secondsPerStep()))
    await atIntervals(run, request, control, recorder)
    await control.breathe()
    if (run.step < run.totalSteps && isExhausted(run.best, request.config)) {
      return finish(run, request, control, recorder, earlyNote(run))
    }
  }
  await finish(run, request, control, recorder, null)
}

const earlyNote = ({ step, totalSteps, best }: PreparedRun): string =>
  `Ended early at step ${step} of ${totalSteps}: the validation loss was lowest at step ${best.step} (${best.loss?.toFixed(4)}) and has not improved for ${best.misses} validations.`

async function trainStep(run: PreparedRun, config: RunConfig, recorder: Recorder): Promise<void> {
  const began = performance.now()
  const learningRate = learningRateAt(config, run.step, run.totalSteps)
  const batches = run.data.train.stepBatches(run.step)
  const result = await run.session.step(batches, learningRate, run.step + 1)
  run.step += 1
  run.tokens += result.tokens
  recorder.step(result, learningRate, (performance.now() - began) / 1000)
}

const due = (every: number, step: number) => every > 0 && step % every === 0

async function atIntervals(
  run: PreparedRun,
  request: RunRequest,
  control: RunControl,
  recorder: Recorder,
): Promise<void> {
  const { config } = request
  const last = run.step === run.totalSteps
  if (due(config.trajectory_steps, run.step) || (last && config.trajectory_steps > 0)) await recorder.trajectory()
  if (due(config.eval_steps, run.step) && !last) await recorder.evaluate('validation')
  // Before the checkpoint: a run that goes on from it does not measure this step again.
  recorder.publish()
  const newBest = config.load_best_model_at_end && run.best.step === run.step
  if ((due(config.save_steps, run.step) || newBest) && !last) await save(run, request, control)
}

async function finish(
  run: PreparedRun,
  request: RunRequest,
  control: RunControl,
  recorder: Recorder,
  note: string | null,
): Promise<void> {
  if (run.best.seenAt !== run.step) await recorder.evaluate('validation')
  recorder.publish()
  await save(run, request, control)
  await loadBest(run, request)
  await recorder.evaluate('test')
  recorder.publish()
  control.report({ type: 'finished', step: run.step, note })
}

/** The test set judges the weights that are exported: the best ones where they were asked for. */
async function loadBest({ session, best, step, data }: PreparedRun, { config, runFolder }: RunRequest): Promise<void> {
  if (!config.load_best_model_at_end || data.test === null || best.step === null || best.step === step) return
  const folder = join(runFolder, `checkpoint-${best.step}`)
  if (existsSync(folder)) await restoreWeights(session, config, folder)
}

async function finishEarly(
  run: PreparedRun,
  request: RunRequest,
  control: RunControl,
  checkpoint: boolean,
): Promise<void> {
  if (checkpoint && run.step > 0) await save(run, request, control)
  control.report({ type: 'stopped', step: run.step })
}

async function save(run: PreparedRun, { config, runFolder }: RunRequest, control: RunControl): Promise<void> {
  const { step, tokens, evalLoss, modelHash, dataHash, best } = run
  const state = { format: 1 as const, step, tokens, evalLoss, modelHash, dataHash, best }
  const { folder, bytes } = await writeCheckpoint(runFolder, run.session.executable, run.session.layout, config, state)
  control.report({ type: 'checkpoint', step, folder, bytes, evalLoss, best: best.step === step })
  // Were the host killed before it knew of this one, and those it knew of were gone, the run would have to start over.
  await control.stored?.(step)
  const spared = config.load_best_model_at_end ? best.step : null
  const folders = pruneCheckpoints(runFolder, config.save_total_limit, step, spared)
  if (folders.length > 0) control.report({ type: 'pruned', folders })
}

/** Throws the fault of a step or an evaluation anew, with the place where it began. */
type Explain = (error: unknown, split: Split, secondsPerStep: number) => Promise<never>

type RunWatch = ReturnType<typeof watchRun>

const watchRequest = ({ targets, trainableParameters }: PreparedRun, config: RunConfig) => ({
  config,
  modules: targets.map(({ module }) => module),
  trainableParameters,
})

type Recorder = ReturnType<typeof recordMetrics>

/** Turns what the session answers into metric rows. */
function recordMetrics(run: PreparedRun, config: RunConfig, control: RunControl, watch: RunWatch, explain: Explain) {
  const metrics = metricWriter(() => run.step)
  const publish = () => {
    const rows = metrics.take()
    if (rows.length > 0) control.report({ type: 'metrics', rows })
  }
  // Of a step in seconds, as a moving average.
  let pace = 0
  return {
    secondsPerStep: () => pace,
    step: (
      { loss, gradNorm, tokens }: { loss: number; gradNorm: number; tokens: number },
      learningRate: number,
      seconds: number,
    ) => {
      pace = pace === 0 ? seconds : 0.9 * pace + 0.1 * seconds
      watch.step({ step: run.step, learningRate, gradNorm })
      if (!due(config.logging_steps, run.step) && run.step !== run.totalSteps) return
      metrics.add('train_loss', loss)
      metrics.add('grad_norm', gradNorm)
      metrics.add('learning_rate', learningRate)
      metrics.add('epoch', run.step / run.data.train.stepsPerEpoch)
      metrics.add('tokens', run.tokens)
      metrics.add('step_seconds', seconds)
      metrics.add('tokens_per_second', tokens / seconds)
      metrics.add('memory_bytes', process.memoryUsage.rss())
    },
    trajectory: async () => {
      if (config.trajectory_steps === 0) return
      const trajectory = await run.session.trajectory()
      watch.trajectory(run.step, trajectory)
      for (const [name, values] of trajectory) {
        values.forEach((value, i) => {
          metrics.add(name, value, run.targets[i]?.module)
        })
      }
    },
    evaluate: async (split: 'validation' | 'test') => {
      const set = run.data[split]
      if (!set) return
      control.report({ type: 'phase', phase: `Evaluating on the ${split} set`, progress: null })
      const result = await run.session.evaluate(set.batches(), () => control.stopRequested() !== null)
      const { loss } = result
      if (control.stopRequested()) return
      if (!Number.isFinite(loss)) {
        publish()
        const diverged = fault('diverged', `The ${split} loss became ${loss} at step ${run.step}.`, {
          hint: 'Lower learning_rate or add warmup_steps; checkpoints written before are untouched.',
        })
        return explain(diverged, split, pace)
      }
      if (split === 'validation') {
        run.evalLoss = loss
        run.best = afterValidation(run.best, run.step, loss, config)
      }
      const prefix = split === 'validation' ? 'eval' : 'test'
      for (const name of JUDGEMENTS) {
        const value = result[name]
        if (value !== undefined) metrics.add(`${prefix}_${name}`, value)
      }
      control.report({ type: 'phase', phase: 'Training', progress: run.step / run.totalSteps })
    },
    publish,
  }
}
