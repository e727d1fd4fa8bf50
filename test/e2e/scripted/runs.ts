import { randomUUID } from 'node:crypto'
import type { CallInput } from '../../../shared/contract.ts'
import { fault } from '../../../shared/domain/error.ts'
import type { MetricRow, Series } from '../../../shared/domain/metric.ts'
import type { RunDetail } from '../../../shared/domain/run.ts'
import { type RunConfig, runConfigSchema } from '../../../shared/domain/run-config.ts'
import { twinConfigs } from '../../../shared/domain/twins.ts'
import { NEW_RUN } from '../../unit/run-summary.ts'
import { DEVICE, demoConfig, HOME } from './answers.ts'
import { scriptedRows } from './run-rows.ts'
import type { Handlers, Publish } from './server.ts'

type ScriptedRun = { detail: RunDetail; rows: MetricRow[]; timer: NodeJS.Timeout | null }

const newDetail = (config: RunConfig): RunDetail => ({
  ...NEW_RUN,
  id: randomUUID(),
  name: config.run_name,
  status: 'preparing',
  method: config.method,
  model: config.model_name_or_path,
  data: config.train_file,
  createdAt: Date.now(),
  startedAt: Date.now(),
  phase: 'Reading the data',
  config,
  plan: null,
  folder: `${HOME}/runs/1`,
  versions: { studio: '0.1.0', tensorflow: '2.18.0', node: '24.21.0' },
  checkpoints: [],
})

const planOf = (totalSteps: number): NonNullable<RunDetail['plan']> => ({
  modelType: 'llama',
  backend: 'tensorflow',
  device: DEVICE,
  totalParameters: 6_046_976,
  trainableParameters: 412_160,
  totalSteps,
  stepsPerEpoch: totalSteps / 2,
  trainRows: 8000,
  validationRows: 500,
  testRows: 1000,
  truncatedRows: 3,
  paddingShare: 0.083,
  graphNodes: 4210,
  modelHash: 'c0ffee9a41d2',
  dataHash: '51ab0e77f3c9',
})

const checkpointOf = ({ step, folder, evalLoss }: RunDetail) => ({
  step,
  folder: `${folder}/checkpoint-${step}`,
  bytes: 4_900_000,
  evalLoss,
  best: true,
  createdAt: Date.now(),
})

function seriesOf(rows: readonly MetricRow[], { names, fromStep, toStep }: CallInput<'metrics.series'>): Series[] {
  const series = new Map<string, Series>()
  for (const { name, module, step, value, wallMs } of rows) {
    if (names.length > 0 && !names.includes(name)) continue
    if (step < (fromStep ?? 0) || step > (toStep ?? Number.POSITIVE_INFINITY)) continue
    const entry = series.get(`${name} ${module}`) ?? { name, module, points: [] }
    entry.points.push({ step, value, min: value, max: value, wallMs })
    series.set(`${name} ${module}`, entry)
  }
  return [...series.values()]
}

function pauseOf(run: ScriptedRun): void {
  if (run.timer !== null) clearTimeout(run.timer)
  run.timer = null
}

/** Runs that train by the clock: `stepMs` a step, with the rows of `scriptedRows`. */
export function createScriptedRuns(publish: Publish, totalSteps: number, stepMs: number) {
  const runs = new Map<string, ScriptedRun>()
  let pace = stepMs
  const runOf = (id: string): ScriptedRun => {
    const run = runs.get(id)
    if (run === undefined) throw fault('not-found', `There is no run ${id}.`)
    return run
  }
  const update = (run: ScriptedRun, change: Partial<RunDetail>) => {
    run.detail = { ...run.detail, ...change }
    const { config: _c, plan: _p, folder: _f, versions: _v, checkpoints: _k, ...summary } = run.detail
    publish('run.updated', summary)
    return summary
  }
  const advance = (run: ScriptedRun) => {
    const step = run.detail.step + 1
    const rows = scriptedRows(step, totalSteps, Date.now())
    run.rows.push(...rows)
    publish('metrics.appended', { runId: run.detail.id, rows })
    const latest = (name: MetricRow['name'], old: number | null) => rows.find((row) => row.name === name)?.value ?? old
    const { trainLoss, evalLoss, evalAccuracy, testAccuracy } = run.detail
    update(run, {
      step,
      trainLoss: latest('train_loss', trainLoss),
      evalLoss: latest('eval_loss', evalLoss),
      evalAccuracy: latest('eval_accuracy', evalAccuracy),
      testAccuracy: latest('test_accuracy', testAccuracy),
    })
    if (step < totalSteps) return
    pauseOf(run)
    const checkpoints = [checkpointOf(run.detail)]
    update(run, { status: 'finished', phase: null, endedAt: Date.now(), checkpoints })
  }
  const goOn = (run: ScriptedRun) => {
    run.timer = setTimeout(() => {
      goOn(run)
      advance(run)
    }, pace)
  }
  const train = (run: ScriptedRun) => {
    setTimeout(() => {
      update(run, { status: 'running', phase: 'Training', totalSteps, plan: planOf(totalSteps) })
      goOn(run)
    }, 600)
  }
  const start = (config: RunConfig, twins: string | null = null) => {
    const run: ScriptedRun = { detail: { ...newDetail(config), twins }, rows: [], timer: null }
    runs.set(run.detail.id, run)
    train(run)
    return update(run, {})
  }
  return {
    detailOf: (id: string) => runOf(id).detail,
    /** Adds runs as a previous visit would have left them. */
    seed(list: readonly (Partial<RunDetail> & { readonly config?: RunConfig })[]) {
      for (const change of list) {
        const detail = { ...newDetail(change.config ?? demoConfig()), ...change }
        const rowsAt = (step: number) => scriptedRows(step, totalSteps, detail.createdAt + 160 * step)
        const rows = Array.from({ length: detail.step }, (_, i) => rowsAt(i + 1)).flat()
        runs.set(detail.id, { detail, rows, timer: null })
      }
    },
    /** What a run has reported; the rows may be changed before a page asks for them. */
    rowsOf: (id: string) => runOf(id).rows,
    /** Starts the demo run as a page would; its id. */
    startRun: () => start(demoConfig()).id,
    /** Milliseconds a step from now on. */
    setPace(ms: number) {
      pace = ms
    },
    pauseAll() {
      for (const run of runs.values()) pauseOf(run)
    },
    handlers: {
      'runs.list': () => [...runs.values()].map(({ detail }) => detail),
      'runs.get': ({ runId }) => runOf(runId).detail,
      'runs.start': (config) => start(runConfigSchema.parse(config)),
      'runs.startTwins': ({ config, methods }) =>
        twinConfigs(runConfigSchema.parse(config), methods).map((one) => start(one, 'together')),
      'runs.stop': ({ runId, checkpoint: save }) => {
        const run = runOf(runId)
        pauseOf(run)
        const checkpoints = save ? [checkpointOf(run.detail)] : []
        return update(run, { status: 'stopped', phase: null, endedAt: Date.now(), checkpoints, resumable: save })
      },
      'runs.resume': ({ runId }) => {
        const run = runOf(runId)
        train(run)
        const phase = 'Reading the checkpoint'
        return update(run, { status: 'preparing', phase, startedAt: Date.now(), endedAt: null, resumable: false })
      },
      'runs.rename': ({ runId, name }) => update(runOf(runId), { name }),
      'runs.describe': ({ runId, tags, notes }) => update(runOf(runId), { tags, notes }),
      'runs.size': () => ({ bytes: 12_400_000 }),
      'runs.reorder': ({ runId, position }) => update(runOf(runId), { queuePosition: position }),
      'runs.delete': ({ runId }) => {
        runs.delete(runId)
        publish('run.deleted', { runId })
        return {}
      },
      'bundles.reproduce': ({ runId }) => ({ config: runOf(runId).detail.config, differences: [] }),
      'metrics.series': (query) => seriesOf(runOf(query.runId).rows, query),
    } satisfies Partial<Handlers>,
  }
}
