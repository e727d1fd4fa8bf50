import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase } from '../../main/host/store/database.ts'
import { openStore, type Store } from '../../main/host/store/store.ts'
import { ensureBuild } from '../../main/setup/build.ts'
import { addBenchRun } from './charts-store.ts'
import { measurePages } from './history-page.ts'
import { numberOption, saveResult } from './report.ts'

/**
 * `npm run bench -- history [--runs 200] [--steps 5000]`: builds a history of many runs (each 100,000 rows at 5,000 steps:
 * 8 metrics a step, 120 module series each tenth step) and measures what a user waits for: opening, the list, the curves
 * of a run, writing, and deleting a run; then the page on it in a real Chromium, whether it keeps 60 frames a second.
 */
const [runs, steps] = [numberOption('runs', 200), numberOption('steps', 5_000)]
/** Runs that are paged through. */
const PAGED = 8
const folder = mkdtempSync(join(tmpdir(), 'dora-history-'))
const file = join(folder, 'studio.sqlite')
const runId = (index: number): string => `run-${String(index).padStart(3, '0')}`
const figures: [what: string, value: string][] = []

function measured<T>(what: string, work: () => T): T {
  const began = performance.now()
  const result = work()
  figures.push([what, `${(performance.now() - began).toFixed(0)} ms`])
  return result
}

function build(): number {
  mkdirSync(join(folder, 'runs'))
  const database = openDatabase(file)
  database.pragma('synchronous = OFF')
  for (let index = 0; index < runs; index++) {
    const run = { id: runId(index), steps, trajectorySteps: 10, createdAt: 1.7e12 + index * 3.6e6 }
    database.transaction(() => addBenchRun(database, run))()
  }
  const rows = database.prepare<[], { n: number }>('SELECT count(*) AS n FROM metrics').get()?.n ?? 0
  database.close()
  return rows
}

const curves = (store: Store, index: number, fromStep: number | null = null) =>
  store.metrics.series({ runId: runId(index), names: [], maxPoints: 1000, fromStep, toStep: null })

/** As a run at work writes: a transaction five times a second, here without the pauses. */
function append(store: Store): number {
  const [batches, rowsPerBatch] = [200, 128]
  for (let batch = 0; batch < batches; batch++) {
    const rows = Array.from({ length: rowsPerBatch }, (_, i) => ({
      step: steps + 1 + batch * 16 + (i >> 3),
      name:
        (
          [
            'train_loss',
            'grad_norm',
            'learning_rate',
            'epoch',
            'tokens',
            'step_seconds',
            'tokens_per_second',
            'memory_bytes',
          ] as const
        )[i & 7] ?? 'train_loss',
      module: '',
      value: i,
      wallMs: 1.7e12,
    }))
    store.metrics.append(runId(0), rows)
  }
  return batches * rowsPerBatch
}

try {
  await ensureBuild(join(import.meta.dirname, '../..'), () => undefined)
  const rows = measured('building', build)
  const bytes = statSync(file).size
  figures.push(
    ['rows', rows.toLocaleString('en-US')],
    ['file', `${(bytes / 1e6).toFixed(0)} MB, ${(bytes / rows).toFixed(1)} bytes a row`],
  )
  const store = measured('opening', () => openStore(file))
  measured(`list of ${runs} runs`, () => store.runs.list())
  measured('list again', () => store.runs.list())
  measured('curves of a run, first time', () => curves(store, runs >> 1))
  measured('curves of a run, second time', () => curves(store, runs >> 1))
  measured('curves of the last tenth of it', () => curves(store, runs >> 1, Math.floor(steps * 0.9)))
  const began = performance.now()
  const written = append(store)
  figures.push([
    'rows written a second, synced to disk',
    Math.round(written / ((performance.now() - began) / 1000)).toLocaleString('en-US'),
  ])
  measured('deleting a run', () => store.runs.remove(runId(1)))
  measured('closing', () => store.close())
  const text = `| | |\n|---|---|\n${figures.map(([what, value]) => `| ${what} | ${value} |`).join('\n')}\n`
  const pages = await measurePages(
    folder,
    Array.from({ length: PAGED }, (_, i) => runId((runs >> 1) + i)),
  )
  saveResult('history', `${text}\n${pages}`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
