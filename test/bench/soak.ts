import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { historyFile } from '../../main/host/folders.ts'
import { ensureProcesses } from '../../main/setup/build.ts'
import { createBench, exportRun, prepare } from '../soak/bench.ts'
import { trend, type VitalSigns, vitalSigns } from '../soak/vital-signs.ts'

/**
 * `npm run bench -- soak [--minutes 60]`: runs back to back in one host (each read, trained with checkpoints and evaluations,
 * every fifth exported and looked at, every tenth stopped and resumed, old ones deleted), with the memory, handles and
 * threads of the host taken after each, and what is left in the temporary folder at the end. Linux.
 */
const at = process.argv.indexOf('--minutes')
const minutes = at < 0 ? 60 : Number(process.argv[at + 1])
const KEPT_RUNS = 10
/** More than this is a leak, not a garbage collector's mood. */
const LARGEST_GROWTH = 1.15

await ensureProcesses(join(import.meta.dirname, '../..'), () => undefined)
const folder = mkdtempSync(join(tmpdir(), 'dora-soak-'))
const [data, temporary, exported] = ['data', 'tmp', 'exported'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
]
for (const path of [temporary, exported]) mkdirSync(path)

const bench = createBench(data, await prepare(folder, 'tensorflow'))
const studio = bench.open({ env: { TMPDIR: temporary } })
const signs: VitalSigns[] = []
const kept: string[] = []
const counts = { runs: 0, exports: 0, resumed: 0, deleted: 0 }

async function oneRun(): Promise<void> {
  const { id } = await bench.start()
  if (counts.runs % 10 === 9) {
    while ((bench.seen.get(id)?.step ?? 0) === 0) await delay(5)
    await studio.call('runs.stop', { runId: id, checkpoint: true }).catch(() => undefined)
    const stopped = await bench.settled(id)
    if (stopped.resumable) {
      await studio.call('runs.resume', { runId: id })
      counts.resumed++
    }
  }
  const run = await bench.settled(id)
  if (run.status !== 'finished' && run.status !== 'stopped')
    throw new Error(`Run ${id} ${run.status}: ${run.error?.message}`)
  kept.push(id)
  counts.runs++
  if (run.status === 'finished' && counts.runs % 5 === 0) {
    const out = join(exported, id)
    await exportRun(bench, id, out)
    rmSync(out, { recursive: true })
    await studio.call('metrics.series', { runId: id, names: [], maxPoints: 1000, fromStep: null, toStep: null })
    counts.exports++
  }
  while (kept.length > KEPT_RUNS) {
    await studio.call('runs.delete', { runId: kept.shift() ?? '' })
    counts.deleted++
  }
}

const historyBytes = () =>
  [historyFile(data), `${historyFile(data)}-wal`].reduce((sum, path) => sum + statSync(path).size, 0)

try {
  const end = Date.now() + minutes * 60_000
  while (Date.now() < end || signs.length < 10) {
    await oneRun()
    signs.push(vitalSigns(studio.pid))
    const { residentBytes, handles, threads } = vitalSigns(studio.pid)
    console.log(`${counts.runs} runs: ${(residentBytes / 1e6).toFixed(0)} MB, ${handles} handles, ${threads} threads`)
  }
  const left = [...readdirSync(temporary), ...readdirSync(exported)]
  const row = (label: string, sign: keyof VitalSigns, text: (value: number) => string) => {
    const { early, late } = trend(signs, sign)
    return `| ${label} | ${text(early)} | ${text(late)} |`
  }
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
  const table = [
    '| the host | after the first fifth | in the last fifth |',
    '|---|---|---|',
    row('memory', 'residentBytes', megabytes),
    row('handles', 'handles', String),
    row('threads', 'threads', String),
    row('child processes between runs', 'children', String),
  ].join('\n')
  const done = `${counts.runs} runs back to back in ${minutes} minutes (${counts.exports} exported, ${counts.resumed} stopped and resumed, ${counts.deleted} deleted)`
  const text = `${table}\n\n${done}; history ${megabytes(historyBytes())}, ${left.length} files left in the temporary folders.\n`
  console.log(`\n${text}`)
  const grown = (['residentBytes', 'handles', 'threads', 'children'] as const).filter((sign) => {
    const { early, late } = trend(signs, sign)
    return late > early * LARGEST_GROWTH
  })
  if (grown.length > 0 || left.length > 0) {
    console.error(`Grown: ${grown.join(', ') || 'nothing'}. Left: ${left.slice(0, 5).join(', ') || 'nothing'}.`)
    process.exitCode = 1
  } else writeFileSync(join(import.meta.dirname, 'results', 'soak.md'), text)
} finally {
  await studio.leave()
  rmSync(folder, { recursive: true, force: true })
}
