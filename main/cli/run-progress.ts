import { Presets, SingleBar } from 'cli-progress'
import type { MetricRow } from '../../shared/domain/metric.ts'
import type { RunSummary } from '../../shared/domain/run.ts'
import { durationText, numberText, shareText } from './format.ts'
import type { Output } from './output.ts'

/** Shows a run while it is at work. */
export type RunProgress = {
  update(run: RunSummary): void
  metrics(rows: readonly MetricRow[]): void
  /** Ends what is being drawn; the closing text is printed by the caller. */
  end(): void
}

const LINE_EVERY_MS = 5_000

/** Seconds left, from the pace since the first step seen here (a resumed run does not count earlier ones). */
function createPace(): (step: number, total: number) => string {
  let first: { step: number; at: number } | undefined
  return (step, total) => {
    first ??= { step, at: performance.now() }
    const done = step - first.step
    return done > 0 && total > 0 ? durationText(((performance.now() - first.at) / 1000 / done) * (total - step)) : '-'
  }
}

function figures({ trainLoss, evalLoss, evalAccuracy }: RunSummary): string {
  const validation = evalLoss === null ? '' : `, validation ${numberText(evalLoss)}`
  const accuracy = evalAccuracy === null ? '' : ` (${shareText(evalAccuracy)} right)`
  return `loss ${numberText(trainLoss)}${validation}${accuracy}`
}

function createBar(output: Output): RunProgress {
  const pace = createPace()
  const preparing = createLines(output)
  const options = {
    format: '{bar} {value}/{total} {left} left  {figures}{phase}',
    hideCursor: true,
    clearOnComplete: false,
    stopOnComplete: false,
    gracefulExit: false,
    noTTYOutput: false,
  }
  const bar = new SingleBar(options, Presets.shades_classic)
  let drawn = false
  return {
    update(run) {
      const phase = run.phase ? `  ${run.phase}` : ''
      // Reading and building come before the first step; lines tell them until there is something to count.
      if (!drawn && run.trainLoss === null) return preparing.update(run)
      if (!drawn) bar.start(run.totalSteps, run.step, { left: '-', figures: '', phase })
      drawn = true
      bar.setTotal(run.totalSteps)
      bar.update(run.step, { left: pace(run.step, run.totalSteps), figures: figures(run), phase })
    },
    metrics: () => {},
    end: () => (drawn ? bar.stop() : undefined),
  }
}

/** One line a phase, then one every few seconds and one a validation. */
function createLines(output: Output): RunProgress {
  const pace = createPace()
  let phase = ''
  let shown = { at: Number.NEGATIVE_INFINITY, step: -1, evalLoss: null as number | null }
  return {
    update(run) {
      // "Reading (12 %)" and "Reading (13 %)" are one phase.
      const waiting = run.status === 'queued' ? 'Waiting: another run is at work' : ''
      const name = (run.phase ?? waiting).replace(/ \(\d+ %\)$/, '')
      if (name && name !== phase) output.line(name)
      phase = name
      if (run.step === shown.step || run.totalSteps === 0 || run.trainLoss === null) return
      const left = pace(run.step, run.totalSteps)
      const due =
        performance.now() - shown.at >= LINE_EVERY_MS || run.evalLoss !== shown.evalLoss || run.step === run.totalSteps
      if (!due) return
      shown = { at: performance.now(), step: run.step, evalLoss: run.evalLoss }
      output.line(`step ${run.step}/${run.totalSteps}, ${left} left, ${figures(run)}`)
    },
    metrics: () => {},
    end: () => {},
  }
}

/** The events as the wire has them, one a line. */
function createRecords(output: Output, runId: string): RunProgress {
  return {
    update: (payload) => output.record({ event: 'run.updated', payload }),
    metrics: (rows) => output.record({ event: 'metrics.appended', payload: { runId, rows } }),
    end: () => {},
  }
}

/** Bars on a terminal, plain lines into a pipe, records with --json. */
export function createRunProgress(output: Output, runId: string): RunProgress {
  if (output.json) return createRecords(output, runId)
  return output.interactive ? createBar(output) : createLines(output)
}
