import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '../../main/engine/random.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import { createBench, prepare } from './bench.ts'
import { killExport } from './kill-export.ts'
import { finish, killTraining } from './kill-training.ts'
import { drawMoments, type Moment, type Phase, type Target } from './moments.ts'
import { preparePowerCut } from './power-cut.ts'
import { referenceRun, type Series, type Struck } from './series.ts'

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

/** So often a moment is drawn again that came too late. */
const MOST_ATTEMPTS = 20

async function openSeries(folder: string, { targets, backend }: KillOptions): Promise<Series> {
  const [dataFolder, exportFolder] = [join(folder, 'data'), join(folder, 'exported')]
  const bench = createBench(dataFolder, await prepare(folder, backend))
  const powerCut = targets.includes('power') ? preparePowerCut(folder) : null
  for (const path of [dataFolder, exportFolder]) mkdirSync(path)
  bench.open({ env: powerCut?.env })
  const reference = await referenceRun(bench, exportFolder)
  return { bench, dataFolder, exportFolder, reference, powerCut, faults: [], looked: 0, current: null, finished: null }
}

/** Kills at a moment, drawn again until it comes. Answers with what was hit and how many came too late. */
async function killAt(
  series: Series,
  moment: Moment,
  random: () => number,
): Promise<{ struck: Struck; missed: number }> {
  for (let missed = 0; missed < MOST_ATTEMPTS; missed++) {
    const again = missed === 0 ? moment : { ...moment, at: random() * 0.9, wait: moment.wait * random() }
    const struck = await (moment.phase === 'exporting' ? killExport(series, again) : killTraining(series, again))
    if (struck && struck.hit !== 'over') return { struck, missed }
  }
  throw new Error(`The moment ${JSON.stringify(moment)} never comes.`)
}

/** Kills engine, host or both with the power, in short runs at seeded moments, and checks after each that nothing was lost. */
export async function runKills(options: KillOptions): Promise<KillReport> {
  const { targets, each, seed, log } = options
  const folder = mkdtempSync(join(tmpdir(), 'dora-kills-'))
  const began = performance.now()
  const hits: Record<Target, Partial<Record<Phase, number>>> = { engine: {}, host: {}, power: {} }
  const random = seededRandom(seed, 'kills')
  let [series, missedMoments]: [Series | null, number] = [null, 0]
  try {
    series = await openSeries(folder, options)
    const { faults } = series
    for (const moment of targets.flatMap((target) => drawMoments(target, each, random))) {
      const { struck, missed } = await killAt(series, moment, random)
      missedMoments += missed
      const { target, number, phase } = moment
      const hit = struck.hit as Phase
      hits[target][hit] = (hits[target][hit] ?? 0) + 1
      log(
        `${target} ${number + 1}/${each}: killed while ${hit} (wanted ${phase}) at step ${struck.step}, faults ${faults.length}`,
      )
    }
    if (series.current !== null) await finish(series, series.current)
    const seconds = Math.round((performance.now() - began) / 1000)
    return { hits, faults, missed: missedMoments, published: series.looked, seconds }
  } finally {
    await series?.bench.studio().leave()
    rmSync(folder, { recursive: true, force: true })
  }
}
