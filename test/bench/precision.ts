import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { MACHINE, RESULTS, saveResult } from './report.ts'

/**
 * `npm run bench -- precision [--steps N] [--only NAME]`: the demo run with the base held and multiplied in several ways, and
 * another seed for scale: how far apart the curves lie, what is learnt, and what it takes. Results are kept in
 * results/precision.json, so that on a busy machine cases can be measured one at a time.
 */
const option = (name: string) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? undefined : process.argv[at + 1]
}
const steps = Number(option('steps') ?? 500)
const only = option('only')

type Result = {
  readonly losses: readonly number[]
  readonly testAccuracy: number
  readonly peakBytes: number
  readonly cpuSeconds: number
}

const CASES = {
  float32: [],
  'float32, another seed': ['seed=43'],
  bf16: ['bf16=true'],
  'dtype: bfloat16': ['dtype=bfloat16'],
  'quantization: nf4': ['quantization=nf4'],
  'quantization: nf4, bf16': ['quantization=nf4', 'bf16=true'],
} as const satisfies Readonly<Record<string, readonly string[]>>

function measure(settings: readonly string[]): Result {
  const args = [join(import.meta.dirname, 'precision-run.ts'), `max_steps=${steps}`, ...settings]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 26 })
  const line = stdout.trim().split('\n').at(-1) ?? ''
  if (status !== 0 || !line.startsWith('{')) throw new Error(`${settings.join(' ')} failed:\n${stderr.slice(-2000)}`)
  return JSON.parse(line) as Result
}

const kept = join(RESULTS, 'precision.json')
type Kept = { readonly machine?: string; readonly steps: number; readonly results: Readonly<Record<string, Result>> }

/** Of this machine, read anew after each measurement: another process may have measured another case meanwhile. */
function keptResults(): Kept['results'] {
  if (!existsSync(kept)) return {}
  const before = JSON.parse(readFileSync(kept, 'utf8')) as Kept
  return before.machine === MACHINE && before.steps === steps ? before.results : {}
}

mkdirSync(RESULTS, { recursive: true })
for (const [name, settings] of Object.entries(CASES).filter(([name]) => only === undefined || name === only)) {
  const result = measure(settings)
  console.log(`${name}: test accuracy ${(100 * result.testAccuracy).toFixed(1)} %`)
  writeFileSync(kept, `${JSON.stringify({ machine: MACHINE, steps, results: { ...keptResults(), [name]: result } })}\n`)
}
const all = keptResults()
const results = Object.keys(CASES).flatMap((name) => (all[name] ? [[name, all[name]] as const] : []))

/** Means of so many steps are compared: single batches differ more than anything else does. */
const WINDOW = 50
const means = (losses: readonly number[]) =>
  Array.from({ length: Math.floor(losses.length / WINDOW) }, (_, i) => {
    const part = losses.slice(i * WINDOW, (i + 1) * WINDOW)
    return part.reduce((sum, loss) => sum + loss, 0) / part.length
  })
const reference = (all.float32 ?? results[0]?.[1]) as Result
const apart = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((loss, i) => Math.abs(loss - (b[i] as number))))

const rows = results.map(([name, { losses, testAccuracy, peakBytes, cpuSeconds }]) =>
  [
    name,
    `${(100 * testAccuracy).toFixed(1)} %`,
    means(losses).at(-1)?.toFixed(4) ?? '-',
    apart(means(losses), means(reference.losses)).toFixed(4),
    (peakBytes / 1e6).toFixed(0),
    cpuSeconds.toFixed(0),
  ].join(' | '),
)
const table = [
  `| base | test accuracy | mean loss of the last ${WINDOW} steps | furthest from float32 (means of ${WINDOW}) | peak (MB) | processor time (s) |`,
  '|---|---|---|---|---|---|',
  ...rows.map((row) => `| ${row} |`),
].join('\n')
const text = `${table}\n\nThe demo with DoRA, ${steps} steps, evaluation on the test set included. ${MACHINE}.\n`
saveResult('precision', text)
