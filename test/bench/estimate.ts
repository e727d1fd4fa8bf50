import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { inspectRun } from '../../main/engine/inspect/run.ts'
import { previewRun } from '../../main/host/services/preview.ts'
import { openStore } from '../../main/host/store/store.ts'
import { LEAN_HEAP } from '../../main/native/lean-heap.ts'
import { machineSpeedSchema } from '../../shared/domain/machine-speed.ts'
import { type RunConfig, runConfigSchema } from '../../shared/domain/run-config.ts'
import { wholeMemory } from '../../shared/domain/run-preview.ts'
import { runConfigOf } from './floor.ts'
import { writeModel, writeRows } from './model-folder.ts'
import { MACHINE, markdownTable, numberOption, saveResult } from './report.ts'
import { stepCase } from './step-case.ts'
import { titleOf } from './step-results.ts'

/**
 * `npm run bench -- estimate [--steps 4] [--only N]`: what the preview of a new run says it needs, in memory and in time where
 * there is no earlier run, beside what a run of a few steps takes. Limits: 20 % for memory, 30 % for time.
 */
const LIMITS = { memory: 0.2, time: 0.3 }
/** A third of the layers of the 135M shape: its widths and vocabulary, in a third of the time. */
const layers = 10
const CASES = [
  stepCase({ shape: 'demo' }),
  stepCase({ shape: 'demo', method: 'lora' }),
  stepCase({ shape: 'demo', method: 'full', length: 64 }),
  stepCase({ shape: 'demo', length: 64, accumulation: 4 }),
  stepCase({ shape: 'demo', length: 512, batch: 2 }),
  stepCase({ shape: 'demo', checkpointing: true }),
  stepCase({ shape: 'demo', bf16: true }),
  stepCase({ shape: 'demo', quantization: 'nf4' }),
  stepCase({ shape: 'minilm' }),
  stepCase({ shape: 'minilm', method: 'lora', length: 128, batch: 8 }),
  stepCase({ shape: 'minilm', method: 'full' }),
  stepCase({ shape: 'minilm', length: 512, checkpointing: true }),
  stepCase({ shape: 'minilm', dtype: 'bfloat16' }),
  stepCase({ layers }),
  stepCase({ layers, method: 'lora' }),
  stepCase({ layers, method: 'full' }),
  stepCase({ layers, checkpointing: true }),
  stepCase({ layers, batch: 1, length: 512, accumulation: 2 }),
  stepCase({ layers, r: 64 }),
  stepCase({ layers, dtype: 'bfloat16' }),
  stepCase({ layers, bf16: true }),
  stepCase({ layers, quantization: 'nf4' }),
] as const

const measuredSchema = z.object({
  peakBytes: z.number(),
  firstSeconds: z.number(),
  seconds: z.number(),
  tokens: z.number(),
  speed: machineSpeedSchema,
})

function measure(config: RunConfig, folder: string) {
  const args = [...LEAN_HEAP, join(import.meta.dirname, 'estimate-run.ts'), JSON.stringify(config), join(folder, 'run')]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  const line = stdout.trim().split('\n').at(-1) ?? ''
  if (status !== 0 || !line.startsWith('{')) throw new Error(`the run failed:\n${stderr.slice(-2000)}`)
  return measuredSchema.parse(JSON.parse(line))
}

async function compare(measured: (typeof CASES)[number], folder: string) {
  const steps = numberOption('steps', 4)
  const { batch, length, accumulation } = measured
  const config = runConfigSchema.parse({
    ...runConfigOf(measured),
    model_name_or_path: await writeModel(join(folder, 'model'), measured),
    train_file: writeRows(join(folder, 'rows.jsonl'), measured, batch * steps * accumulation, length),
    prompt_template: 'text',
    max_seq_length: length,
    per_device_train_batch_size: batch,
    max_steps: steps,
    eval_steps: 0,
  })
  const run = measure(config, folder)
  const store = openStore(join(folder, 'studio.sqlite'))
  const parts = { store, inspector: { run: inspectRun }, machineSpeed: async () => run.speed }
  const { plan, problems, estimate } = await previewRun(parts, config)
  store.close()
  if (plan === null || estimate === null) throw new Error(problems.map(({ message }) => message).join('\n'))
  const bytes = wholeMemory(plan.memory)
  return { title: titleOf(measured), bytes, run, seconds: run.tokens / estimate.tokensPerSecond }
}

const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(2)
const share = (estimated: number, real: number) => estimated / real - 1
const off = (estimated: number, real: number) => `${(100 * share(estimated, real)).toFixed(0)} %`
const figures: Awaited<ReturnType<typeof compare>>[] = []
const only = numberOption('only', -1)
for (const measured of CASES.filter((_, i) => only < 0 || i === only)) {
  const folder = mkdtempSync(join(tmpdir(), 'dora-estimate-'))
  try {
    figures.push(await compare(measured, folder))
    console.log(JSON.stringify(figures.at(-1)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
const rows = figures.map(({ title, bytes, run, seconds }) => [
  title,
  gib(bytes),
  gib(run.peakBytes),
  off(bytes, run.peakBytes),
  seconds.toFixed(3),
  run.seconds.toFixed(3),
  off(seconds, run.seconds),
])
const columns = ['run', 'estimate (GiB)', 'peak (GiB)', 'off by', 'estimate (s a step)', 'best step (s)', 'off by']
const worst = (of: (figure: (typeof figures)[number]) => number) =>
  (100 * Math.max(...figures.map((figure) => Math.abs(of(figure))))).toFixed(0)
const memory = worst(({ bytes, run }) => share(bytes, run.peakBytes))
const time = worst(({ seconds, run }) => share(seconds, run.seconds))
const report = only < 0 ? (text: string) => saveResult('estimate', text) : console.log
report(
  `${markdownTable(columns, rows)}

Memory is at most ${memory} % off (limit ${100 * LIMITS.memory} %), time ${time} % (limit ${100 * LIMITS.time} %). Seconds are of processor time, shared out over
the cores, as the machine does other work too; so is the speed that the estimate rests on. ${MACHINE}.`,
)
