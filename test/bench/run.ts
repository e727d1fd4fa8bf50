import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { join } from 'node:path'

/**
 * `npm run bench [-- --rounds N --steps N --layers N]`: steps of this engine and of PEFT by turns, so that a busy
 * machine slows both; the best of all rounds counts, and speed is reported as a ratio. PEFT is left out, and said to
 * be, where DORA_REFERENCE_PYTHON names no Python with torch and peft (test/reference/install.sh makes one).
 */
type Measurement = {
  readonly engine: string
  readonly method: string
  readonly nodes: number
  readonly firstStepSeconds: number
  readonly stepSeconds: number
  readonly peakBytes: number
}

const flag = (name: string, fallback: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : Number(process.argv[at + 1])
}
const rounds = flag('rounds', 3)
const shape = [flag('batch', 4), flag('length', 256), flag('layers', 30), flag('steps', 4)].map(String)
const methods = ['dora', 'lora'] as const
const python = process.env.DORA_REFERENCE_PYTHON

function measure(command: string, args: readonly string[]): Measurement {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8' })
  const line = stdout.trim().split('\n').at(-1) ?? ''
  if (status !== 0 || !line.startsWith('{')) throw new Error(`${command} ${args[0]} failed:\n${stderr.slice(-2000)}`)
  return JSON.parse(line) as Measurement
}

const ours = (method: string) => measure(process.execPath, [join(import.meta.dirname, 'step.ts'), method, ...shape])
const peft = (method: string) =>
  measure(python as string, [join(import.meta.dirname, 'peft_step.py'), method, ...shape])

const runs: Measurement[] = []
for (let round = 1; round <= rounds; round++) {
  for (const method of methods) {
    for (const engine of python ? [ours, peft] : [ours]) {
      const result = engine(method)
      runs.push(result)
      console.log(`round ${round}: ${result.engine} ${method} ${result.stepSeconds.toFixed(2)} s a step`)
    }
  }
}

const best = (engine: string, method: string) => {
  const own = runs.filter((run) => run.engine === engine && run.method === method)
  const least = (of: (run: Measurement) => number) => Math.min(...own.map(of))
  return {
    step: least((run) => run.stepSeconds),
    first: least((run) => run.firstStepSeconds),
    peak: least((run) => run.peakBytes),
    nodes: own[0]?.nodes ?? 0,
  }
}

const rows = methods.flatMap((method) =>
  (python ? ['dora-studio', 'peft'] : ['dora-studio']).map((engine) => {
    const { step, first, peak, nodes } = best(engine, method)
    const ratio = python ? `${(best('peft', method).step / step).toFixed(2)} x` : 'PEFT not measured'
    const cells = [engine, method, step.toFixed(2), ratio, first.toFixed(1), (peak / 2 ** 30).toFixed(2), nodes || '-']
    return `| ${cells.join(' | ')} |`
  }),
)
const doraOverLora = best('dora-studio', 'dora').step / best('dora-studio', 'lora').step
const table = [
  '| engine | method | step (s) | speed against PEFT | first step (s) | peak memory (GiB) | graph nodes |',
  '|---|---|---|---|---|---|---|',
  ...rows,
].join('\n')
const machine = `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores`
const text = `${table}\n\nBatch ${shape[0]} x ${shape[1]}, ${shape[2]} layers, float32, r = 16. DoRA takes ${doraOverLora.toFixed(2)} x a LoRA step of this engine. ${machine}, best of ${rounds} rounds.\n`
console.log(`\n${text}`)
const results = join(import.meta.dirname, 'results')
mkdirSync(results, { recursive: true })
writeFileSync(join(results, 'step.json'), `${JSON.stringify({ machine, shape, rounds, runs }, null, 2)}\n`)
writeFileSync(join(results, 'step.md'), text)
