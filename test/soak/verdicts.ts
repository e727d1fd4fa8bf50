import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openSafetensors } from '../../main/engine/formats/safetensors.ts'
import { historyFile } from '../../main/host/folders.ts'
import { inspectHistory } from '../../main/host/store/inspect-history.ts'
import { MEASURED_METRICS, METRIC_NAMES, type MetricRow } from '../../shared/domain/metric.ts'
import type { RunDetail } from '../../shared/domain/run.ts'
import type { StudioProcess } from './studio-process.ts'

/** What depends on the clock and the machine, not on the run. */
const MEASURED: ReadonlySet<string> = new Set(MEASURED_METRICS)

const keyOf = (name: string, module: string, step: number): string => `${name} ${module} ${step}`

/** Every stored number of a run, by name, module and step. */
export async function storedMetrics(studio: StudioProcess, runId: string): Promise<Map<string, number>> {
  const query = { runId, names: METRIC_NAMES.slice(0, 64), maxPoints: 5000, fromStep: null, toStep: null }
  const series = await studio.call('metrics.series', query)
  return new Map(
    series.flatMap(({ name, module, points }) =>
      points.map(({ step, value }) => [keyOf(name, module, step), value] as const),
    ),
  )
}

/** What was told to the fronts, the newest word on each step of a run counting. */
export function publishedMetrics() {
  const told = new Map<string, Map<string, number>>()
  const of = (runId: string): Map<string, number> => {
    const known = told.get(runId) ?? new Map<string, number>()
    told.set(runId, known)
    return known
  }
  return {
    add(runId: string, rows: readonly MetricRow[]): void {
      for (const { name, module, step, value } of rows) of(runId).set(keyOf(name, module, step), value)
    },
    /** Those the store has lost, or has otherwise. */
    missing: (runId: string, stored: ReadonlyMap<string, number>): string[] =>
      [...of(runId)].filter(([key, value]) => stored.get(key) !== value).map(([key]) => key),
    count: (runId: string) => of(runId).size,
  }
}

/** The numbers that a run with the same settings must have again, bit for bit. */
export const reproducible = (stored: ReadonlyMap<string, number>): Map<string, number> =>
  new Map([...stored].filter(([key]) => !MEASURED.has(key.split(' ')[0] ?? '')))

/** Where two runs differ. */
export function differences(got: ReadonlyMap<string, number>, wanted: ReadonlyMap<string, number>): string[] {
  const keys = new Set([...got.keys(), ...wanted.keys()])
  return [...keys]
    .filter((key) => got.get(key) !== wanted.get(key))
    .map((key) => `${key}: ${got.get(key)}, wanted ${wanted.get(key)}`)
}

/** Faults of the file of the history, read past the host that has it open. */
export const historyFaults = (dataFolder: string): string[] => inspectHistory(historyFile(dataFolder)).complaints

/** Faults of the checkpoint a run would go on from: every tensor is read. */
export function checkpointFaults({ checkpoints, resumable, status }: RunDetail): string[] {
  const last = checkpoints.at(-1)
  if (!last) return resumable || status === 'finished' ? [] : ['no checkpoint, and the run cannot start over']
  if (!existsSync(last.folder)) return [`${last.folder} is gone`]
  const faults: string[] = []
  for (const name of ['adapter_model.safetensors', 'optimizer.safetensors']) {
    try {
      const file = openSafetensors(join(last.folder, name))
      for (const tensor of file.tensors.keys()) file.readFloat32(tensor)
      file.close()
    } catch (error) {
      faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  const { step } = JSON.parse(readFileSync(join(last.folder, 'trainer_state.json'), 'utf8'))
  if (step !== last.step) faults.push(`trainer_state.json is of step ${step}, the row of step ${last.step}`)
  return faults
}

/** Names and contents of a folder, as one text. */
export const folderHash = (folder: string): string =>
  readdirSync(folder)
    .sort()
    .map(
      (name) =>
        `${name} ${createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex')}`,
    )
    .join('\n')

/** Temporary folders that nobody is writing any more. */
export const leftovers = (folder: string): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((name) => /\.(partial|old)-/.test(name)) : []
