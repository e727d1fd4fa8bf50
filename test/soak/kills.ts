import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { seededRandom } from '../../main/engine/random.ts'
import { ACTIVE_STATUSES, type RunSummary } from '../../shared/domain/run.ts'
import { type RunConfig, type RunConfigInput, runConfigSchema } from '../../shared/domain/run-config.ts'
import { DEMO, tinyModel } from '../training/tiny-model.ts'
import { awaitMoment, drawMoments, type Moment, type Phase, phaseNow, type Sight, type Target } from './moments.ts'
import { preparePowerCut } from './power-cut.ts'
import { type StudioProcess, startStudio } from './studio-process.ts'
import {
  checkpointFaults,
  differences,
  folderHash,
  historyFaults,
  leftovers,
  publishedMetrics,
  reproducible,
  storedMetrics,
} from './verdicts.ts'

export type KillOptions = {
  readonly targets: readonly Target[]
  /** Kills of each target. */
  readonly each: number
  readonly seed: number
  readonly backend: RunConfig['backend']
  readonly log: (line: string) => void
}

/** What a series of kills showed; `faults` empty: nothing was lost. */
export type KillReport = {
  /** Kills by target and phase as seen at the kill. */
  readonly hits: Readonly<Record<Target, Readonly<Partial<Record<Phase, number>>>>>
  /** Moments that came too late, because the work had ended; they are drawn again. */
  readonly missed: number
  /** Published numbers looked up in the store after a kill, over all kills. */
  readonly published: number
  readonly faults: readonly string[]
  readonly seconds: number
}

const STEPS = 48
const SETTINGS: Partial<RunConfigInput> = {
  prompt_template: '{input}:',
  max_seq_length: 64,
  per_device_train_batch_size: 4,
  learning_rate: 2e-3,
  max_steps: STEPS,
  save_steps: 4,
  eval_steps: 6,
  // Small batches of many rows, so that there is an evaluation to strike into.
  per_device_eval_batch_size: 4,
  trajectory_steps: 4,
  save_total_limit: 2,
  r: 4,
}
/** A hang is a fault too, and is to be told as one. */
const PATIENCE_MS = 120_000

/** A tiny model, a few rows and the settings of the short runs in a folder. */
export async function prepare(folder: string, backend: RunConfig['backend']): Promise<RunConfig> {
  const model_name_or_path = await tinyModel(join(folder, 'model'))
  const rows = (split: string, count: number) => {
    const path = join(folder, `${split}.jsonl`)
    const lines = readFileSync(join(DEMO, `kinds.${split}.jsonl`), 'utf8').split('\n')
    writeFileSync(path, `${lines.slice(0, count).join('\n')}\n`)
    return path
  }
  const files = { train_file: rows('train', 24), validation_file: rows('validation', 160), test_file: rows('test', 8) }
  return runConfigSchema.parse({ ...SETTINGS, ...files, model_name_or_path, backend })
}

/** A studio whose host may be killed: what the fronts saw of it outlives the host. */
export function createBench(dataFolder: string, config: RunConfig) {
  const seen = new Map<string, RunSummary>()
  const published = publishedMetrics()
  let studio: StudioProcess

  function open(env: Readonly<Record<string, string>> = {}): StudioProcess {
    studio = startStudio(dataFolder, env)
    studio.on('run.updated', (run) => void seen.set(run.id, run))
    studio.on('metrics.appended', ({ runId, rows }) => published.add(runId, rows))
    return studio
  }
  const settled = async (runId: string): Promise<RunSummary> => {
    const began = performance.now()
    for (;;) {
      const run = await studio.call('runs.get', { runId })
      seen.set(runId, run)
      if (!ACTIVE_STATUSES.includes(run.status)) return run
      if (performance.now() - began > PATIENCE_MS)
        throw new Error(`Run ${runId} is still ${run.status} (${run.phase}).`)
      await delay(20)
    }
  }
  return {
    open,
    studio: () => studio,
    seen,
    published,
    settled,
    start: () => studio.call('runs.start', config),
    folderOf: (runId: string) => join(dataFolder, 'runs', runId),
  }
}

type Bench = ReturnType<typeof createBench>
type Reference = {
  readonly metrics: ReadonlyMap<string, number>
  readonly checkpoint: string
  readonly exported: string
}

/** Exports the merged model; answers with the hash of its folder. */
export async function exportRun({ studio }: Bench, runId: string, folder: string): Promise<string> {
  const { id } = await studio().call('exports.start', { runId, kind: 'merged', folder })
  for (const began = performance.now(); ; ) {
    const job = (await studio().call('exports.list', { runId })).find((one) => one.id === id)
    if (job?.status === 'finished') return folderHash(folder)
    if (job?.status !== 'running') throw new Error(`The export ended as ${job?.status}: ${job?.error?.message}`)
    if (performance.now() - began > PATIENCE_MS) throw new Error(`The export hangs in: ${job.phase}`)
    await delay(20)
  }
}

const lastCheckpointHash = async ({ studio }: Bench, runId: string): Promise<string> =>
  folderHash((await studio().call('runs.get', { runId })).checkpoints.at(-1)?.folder ?? '')

/** The run that nobody harms. */
async function referenceRun(bench: Bench, folder: string): Promise<Reference> {
  const { id } = await bench.start()
  const run = await bench.settled(id)
  if (run.status !== 'finished') throw new Error(`The unharmed run ${run.status}: ${run.error?.message}`)
  return {
    metrics: reproducible(await storedMetrics(bench.studio(), id)),
    checkpoint: await lastCheckpointHash(bench, id),
    exported: await exportRun(bench, id, join(folder, 'exported', 'reference')),
  }
}

type Struck = { readonly hit: Phase | 'over'; readonly step: number }

/** Halts the target so that what it was doing can be seen, then kills it. */
function strike(target: Target, studio: StudioProcess, sight: Sight): Struck | null {
  const engine = studio.engine()
  if (!studio.alive() || (target === 'engine' && engine === null)) return null
  const struck = { engine: [engine], host: [studio.pid], power: [studio.pid, engine] }[target]
  const pids = struck.flatMap((pid) => pid ?? [])
  try {
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    const hit = phaseNow(sight)
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    return { hit, step: sight.run()?.step ?? 0 }
  } catch {
    return null
  }
}

/** Kills engine, host or both with the power, in short runs at seeded moments, and checks after each that nothing was lost. */
export async function runKills({ targets, each, seed, backend, log }: KillOptions): Promise<KillReport> {
  const folder = mkdtempSync(join(tmpdir(), 'dora-kills-'))
  const began = performance.now()
  const hits: Record<Target, Partial<Record<Phase, number>>> = { engine: {}, host: {}, power: {} }
  const faults: string[] = []
  const totals = { missed: 0, published: 0 }
  const exportFolder = join(folder, 'exported')
  mkdirSync(exportFolder)
  const dataFolder = join(folder, 'data')
  const bench = createBench(dataFolder, await prepare(folder, backend))
  const powerCut = targets.includes('power') ? preparePowerCut(folder) : null
  mkdirSync(dataFolder)
  const open = () => bench.open(powerCut?.env)
  open()
  const reference = await referenceRun(bench, folder)
  let current: string | null = null
  let finished: string | null = null
  const random = seededRandom(seed, 'kills')

  async function check(moment: Moment, runId: string): Promise<void> {
    const at = `kill ${moment.number} of the ${moment.target} (${moment.phase}, at ${moment.at.toFixed(3)})`
    const complain = (text: string) => void faults.push(`${at}: ${text}`)
    await bench.settled(runId)
    // Not before the host has it open: whoever closes a history last writes its log into it, and these syncs are not watched.
    for (const text of historyFaults(dataFolder)) complain(`history: ${text}`)
    const run = await bench.studio().call('runs.get', { runId })
    const stored = await storedMetrics(bench.studio(), runId)
    const missing = bench.published.missing(runId, stored)
    totals.published += bench.published.count(runId)
    if (missing.length > 0)
      complain(`${missing.length} published numbers are missing or changed: ${missing.slice(0, 3)}`)
    for (const text of checkpointFaults(run)) complain(text)
    if (!['interrupted', 'finished'].includes(run.status)) complain(`the run is ${run.status}`)
    if (run.status === 'interrupted' && !run.resumable) complain('the run cannot be resumed')
    if (moment.target === 'engine' && run.status === 'interrupted' && run.error?.code !== 'engine-died') {
      complain(`the death of the engine is not told: ${JSON.stringify(run.error)}`)
    }
  }
  async function checkEnd(runId: string): Promise<void> {
    const got = reproducible(await storedMetrics(bench.studio(), runId))
    const other = differences(got, reference.metrics)
    if (other.length > 0)
      faults.push(`run ${runId}: ${other.length} numbers are not those of the unharmed run: ${other.slice(0, 3)}`)
    if ((await lastCheckpointHash(bench, runId)) !== reference.checkpoint) {
      faults.push(`run ${runId}: its last checkpoint is not that of the unharmed run`)
    }
    const left = leftovers(bench.folderOf(runId))
    if (left.length > 0) faults.push(`run ${runId}: left behind: ${left}`)
  }
  async function reopen(target: Target, struck: Struck | null): Promise<void> {
    if (target === 'engine' || struck === null) return
    await bench.studio().gone
    if (target === 'power') {
      powerCut?.apply(dataFolder)
    }
    open()
  }
  async function ended(runId: string): Promise<void> {
    await checkEnd(runId)
    finished = runId
    current = null
  }
  async function finish(runId: string): Promise<void> {
    await bench.studio().call('runs.resume', { runId })
    await bench.settled(runId)
    await ended(runId)
  }
  async function killTraining(moment: Moment): Promise<Struck | null> {
    // Near its end there is little left to strike into.
    if (current !== null && moment.phase !== 'ending' && (bench.seen.get(current)?.step ?? 0) > STEPS / 2)
      await finish(current)
    const from = current === null ? 0 : (bench.seen.get(current)?.step ?? 0)
    const { id } = current === null ? await bench.start() : await bench.studio().call('runs.resume', { runId: current })
    current = id
    const studio = bench.studio()
    const sight: Sight = {
      run: () => bench.seen.get(id),
      runFolder: () => bench.folderOf(id),
      exportFolder,
      over: () => !studio.alive() || !ACTIVE_STATUSES.includes(bench.seen.get(id)?.status ?? 'queued'),
    }
    const struck = (await awaitMoment(moment, sight, from)) ? strike(moment.target, studio, sight) : null
    await reopen(moment.target, struck)
    await check(moment, id)
    if (bench.seen.get(id)?.status === 'finished') await ended(id)
    return struck
  }
  async function killExport(moment: Moment): Promise<Struck | null> {
    if (finished === null) {
      finished = (await bench.start()).id
      await bench.settled(finished)
    }
    const runId = finished
    const studio = bench.studio()
    const out = join(exportFolder, `out-${moment.target}-${moment.number}`)
    const { id } = await studio.call('exports.start', { runId, kind: 'merged', folder: out })
    let over = false
    studio.on('export.updated', (job) => {
      over ||= job.id === id && job.status !== 'running'
    })
    const sight: Sight = {
      run: () => undefined,
      runFolder: () => bench.folderOf(runId),
      exportFolder,
      over: () => over || !studio.alive(),
    }
    // The first third strike while the engine starts and reads, the others while it writes.
    const early = moment.at < 0.3 ? { ...moment, wait: moment.at * 5000 } : moment
    const struck = (await awaitMoment(early, sight, 0)) ? strike(moment.target, studio, sight) : null
    await reopen(moment.target, struck)
    const complain = (text: string) => void faults.push(`export ${moment.number} of the ${moment.target}: ${text}`)
    for (const began = performance.now(); ; await delay(20)) {
      const job = (await bench.studio().call('exports.list', { runId })).find((one) => one.id === id)
      if (job?.status === 'running' && performance.now() - began < PATIENCE_MS) continue
      if (job?.status === 'failed' && job.error?.code !== 'engine-died') complain(`failed with ${job.error?.message}`)
      if (job?.status === 'running') complain('is said to be at work for ever')
      break
    }
    if (existsSync(out) && folderHash(out) !== reference.exported) complain('left a folder that is not whole')
    rmSync(out, { recursive: true, force: true })
    // The engine of a killed host leaves by itself, and the next export clears up after it.
    if ((await exportRun(bench, runId, `${out}-again`)) !== reference.exported)
      complain('exported again, it is another model')
    const left = leftovers(exportFolder)
    if (left.length > 0) complain(`left behind: ${left}`)
    rmSync(`${out}-again`, { recursive: true, force: true })
    return struck && { ...struck, hit: 'exporting' }
  }
  try {
    const moments = targets.flatMap((target) => drawMoments(target, each, random))
    for (const moment of moments) {
      for (let attempt = 1; ; attempt++) {
        const again = attempt === 1 ? moment : { ...moment, at: random() * 0.9, wait: moment.wait * random() }
        const struck = await (moment.phase === 'exporting' ? killExport(again) : killTraining(again))
        if (struck && struck.hit !== 'over') {
          hits[moment.target][struck.hit] = (hits[moment.target][struck.hit] ?? 0) + 1
          log(
            `${moment.target} ${moment.number + 1}/${each}: killed while ${struck.hit} (wanted ${moment.phase}) at step ${struck.step}, faults ${faults.length}`,
          )
          break
        }
        totals.missed++
        if (attempt > 20) throw new Error(`The moment ${JSON.stringify(moment)} never comes.`)
      }
    }
    if (current !== null) await finish(current)
    const seconds = Math.round((performance.now() - began) / 1000)
    return { hits, faults, seconds, ...totals }
  } finally {
    await bench.studio().leave()
    rmSync(folder, { recursive: true, force: true })
  }
}
