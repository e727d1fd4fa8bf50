import type { z } from 'zod'
import {
  type Bundle,
  bundleSchema,
  type comparisonSchema,
  type reproductionSchema,
} from '../../../shared/domain/bundle.ts'
import { fault, toErrorData } from '../../../shared/domain/error.ts'
import { MEASURED_METRICS, type MetricRow } from '../../../shared/domain/metric.ts'
import { ACTIVE_STATUSES, type RunPlan, type RunSummary } from '../../../shared/domain/run.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Store } from '../store/store.ts'
import { readBundle, writeBundle } from './bundle-file.ts'
import type { HostContext } from './host-context.ts'
import type { Inspector } from './inspector.ts'
import { checkRunnable } from './preflight.ts'
import { newRunId } from './run-id.ts'

type Comparison = z.output<typeof comparisonSchema>
type Reproduction = z.output<typeof reproductionSchema>

const SHOWN_DIFFERENCES = 10
/** Rows of an imported run that are written in one transaction. */
const ROWS_AT_ONCE = 20_000

function bundleOf(store: Store, runId: string): Bundle {
  const [summary, record] = [store.runs.summary(runId), store.runs.record(runId)]
  if (!summary || !record) throw fault('not-found', `There is no run ${runId}.`)
  if (ACTIVE_STATUSES.includes(summary.status)) {
    throw fault('conflict', `Run ${runId} is ${summary.status}; a bundle is made of a run that has ended.`, {
      hint: 'Wait for its end, or stop it.',
    })
  }
  const { config, plan, versions } = record
  const series = store.metrics.columns(runId)
  return bundleSchema.parse({ format: 'dora-studio-run', version: 1, run: summary, config, plan, versions, series })
}

function* rowsOf({ series }: Bundle): Iterable<MetricRow> {
  for (const { name, module, step, value, wallMs } of series) {
    for (const [i, at] of step.entries()) yield { name, module, step: at, value: value[i] ?? 0, wallMs: wallMs[i] ?? 0 }
  }
}

function insertRun({ store, owner }: HostContext, id: string, { run, config, plan, versions }: Bundle): void {
  store.runs.insert({ id, config: { ...config, run_name: run.name }, versions, createdAt: run.createdAt, owner })
  const { status, startedAt, endedAt, step, totalSteps, error, tags, notes } = run
  store.runs.update(id, { status, startedAt, endedAt, step, error, tags, notes, importedAt: Date.now() })
  store.runs.update(id, plan ? { plan } : { totalSteps })
  for (const alarm of run.alarms) store.alarms.set(id, alarm.kind, alarm)
}

/** Everything or nothing: a run of which half the curves are there would lie. */
function insert(context: HostContext, id: string, bundle: Bundle): void {
  context.store.transaction(() => {
    insertRun(context, id, bundle)
    let held: MetricRow[] = []
    for (const row of rowsOf(bundle)) {
      held.push(row)
      if (held.length < ROWS_AT_ONCE) continue
      context.store.metrics.append(id, held)
      held = []
    }
    context.store.metrics.append(id, held)
  })
}

const CHANGED = {
  modelHash: 'The base model is not the one the run was made with',
  dataHash: 'The data files are not those the run was made with',
} as const

function hashDifferences(plan: RunPlan, now: Pick<RunPlan, 'modelHash' | 'dataHash'>, config: RunConfig): string[] {
  const where = { modelHash: config.model_name_or_path, dataHash: config.train_file }
  return (['modelHash', 'dataHash'] as const)
    .filter((hash) => plan[hash] !== now[hash])
    .map(
      (hash) =>
        `${CHANGED[hash]} (${where[hash]}, ${hash} ${now[hash].slice(0, 12)}, wanted ${plan[hash].slice(0, 12)}).`,
    )
}

/** Runs as files: saved, taken up elsewhere, and made again. */
export function createBundleService(
  context: HostContext,
  inspector: Inspector,
  versions: Readonly<Record<string, string>>,
) {
  const { store, bus } = context

  async function inputDifferences(config: RunConfig, plan: RunPlan | null): Promise<string[]> {
    if (plan === null) return ['The run ended before its model and data were hashed, so they cannot be compared.']
    try {
      return hashDifferences(plan, await inspector.inputs(config), config)
    } catch (error) {
      return [toErrorData(error).message]
    }
  }
  return {
    async save(runId: string, file: string): Promise<{ file: string; bytes: number }> {
      return { file, bytes: await writeBundle(file, bundleOf(store, runId)) }
    },
    /** The imported run has its own id where a run of this one is here already. */
    async take(file: string): Promise<RunSummary> {
      const bundle = await readBundle(file)
      const id = store.runs.summary(bundle.run.id) ? newRunId(new Date()) : bundle.run.id
      insert(context, id, bundle)
      const payload = store.runs.summary(id)
      if (!payload) throw new Error(`run ${id} is not there after its import`)
      bus.emit({ event: 'run.updated', payload })
      return payload
    },
    /** The settings to make a run again, and all that is not as it was then. */
    async reproduce(runId: string): Promise<Reproduction> {
      const record = store.runs.record(runId)
      if (!record) throw fault('not-found', `There is no run ${runId}.`)
      const { config, plan } = record
      const missing = await checkRunnable(config).then(
        () => [],
        (error: unknown) => {
          const { message, details } = toErrorData(error)
          return details.length > 0 ? details : [message]
        },
      )
      const inputs = missing.length > 0 ? missing : await inputDifferences(config, plan)
      const other = Object.entries(versions)
        .filter(([name, version]) => record.versions[name] !== undefined && record.versions[name] !== version)
        .map(([name, version]) => `${name} is ${version} here and was ${record.versions[name]}.`)
      return { config, differences: [...inputs, ...other] }
    },
    /** Compares all numbers of two runs that do not depend on the clock, to the last bit. */
    compare(runId: string, withRunId: string): Comparison {
      const [ours, theirs] = [numbersOf(store, runId), numbersOf(store, withRunId)]
      const keys = new Set([...ours.keys(), ...theirs.keys()])
      const differing = [...keys].filter((key) => ours.get(key) !== theirs.get(key))
      const first = differing
        .slice(0, SHOWN_DIFFERENCES)
        .map((key) => `${key}: ${ours.get(key) ?? 'none'} and ${theirs.get(key) ?? 'none'}`)
      return { compared: keys.size, differing: differing.length, first }
    },
  }
}

function numbersOf(store: Store, runId: string): Map<string, number> {
  if (!store.runs.summary(runId)) throw fault('not-found', `There is no run ${runId}.`)
  const numbers = new Map<string, number>()
  for (const { name, module, step, value } of store.metrics.columns(runId)) {
    if (MEASURED_METRICS.some((one) => one === name)) continue
    for (const [i, at] of step.entries()) {
      numbers.set([name, module, `step ${at}`].filter(Boolean).join(' '), value[i] ?? Number.NaN)
    }
  }
  return numbers
}
