import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureProcesses } from '../../main/setup/build.ts'
import { runKills } from '../soak/kills.ts'
import { PHASES, TARGETS } from '../soak/moments.ts'

/**
 * `npm run bench -- kills [--targets engine,host,power] [--each 100] [--seed 1] [--backend tensorflow]`: kills the engine
 * and the host of short runs with SIGKILL, and both with a power cut that drops every unsynced write, at seeded moments
 * spread over the phases of a run. After every kill it checks that the history is sound, no published number is missing, the
 * last checkpoint is whole, and that the run goes on to the very losses, checkpoint and export of a run that was never
 * harmed. `npm test` has a shorter selection (test/anomaly/kills.test.ts).
 */
function text(name: string, fallback: string): string {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : (process.argv[at + 1] ?? fallback)
}

await ensureProcesses(join(import.meta.dirname, '../..'), () => undefined)
const [each, seed] = [Number(text('each', '100')), Number(text('seed', '1'))]
const targets = TARGETS.filter((target) => text('targets', TARGETS.join()).split(',').includes(target))
const backend = text('backend', 'tensorflow') === 'portable' ? 'portable' : 'tensorflow'
const report = await runKills({ targets, each, seed, backend, log: console.log })
const table = [
  `| killed while | ${targets.join(' | ')} |`,
  `|---|${targets.map(() => '---|').join('')}`,
  ...PHASES.map((phase) => `| ${phase} | ${targets.map((target) => report.hits[target][phase] ?? 0).join(' | ')} |`),
].join('\n')
const published = report.published.toLocaleString('en-US')
const summary = `${each} kills of each with seed ${seed} on the ${backend} backend in ${report.seconds} s; ${published} published numbers looked up again; ${report.faults.length} faults.`
console.log(`\n${table}\n\n${summary}\n${report.faults.join('\n')}`)
if (report.faults.length > 0) process.exitCode = 1
else {
  mkdirSync(join(import.meta.dirname, 'results'), { recursive: true })
  writeFileSync(join(import.meta.dirname, 'results', 'kills.md'), `${table}\n\n${summary}\n`)
}
