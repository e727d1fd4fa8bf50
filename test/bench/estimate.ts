import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import { inspectRun } from '../../main/engine/inspect/run.ts'
import { previewRun } from '../../main/host/services/preview.ts'
import { openStore } from '../../main/host/store/store.ts'
import { type RunConfig, runConfigSchema } from '../../shared/domain/run-config.ts'
import { runConfigOf } from './floor.ts'
import { writeModel, writeRows } from './model-folder.ts'
import { MACHINE, markdownTable, numberOption, saveResult } from './report.ts'
import { stepCase } from './step-case.ts'
import { titleOf } from './step-results.ts'

/**
 * `npm run bench -- estimate [--steps 3] [--only N]`: what the preview of a new run says it needs, in memory and in time where
 * there is no earlier run, beside what a run of a few steps takes. Limit for memory: 20 %.
 */
const LIMIT = 0.2
const CASES = [
  stepCase({ shape: 'demo', method: 'full', length: 64 }),
  stepCase({ shape: 'demo' }),
  stepCase({ shape: 'minilm' }),
  stepCase(),
  stepCase({ checkpointing: true }),
  stepCase({ quantization: 'nf4' }),
  stepCase({ dtype: 'bfloat16' }),
] as const

const measuredSchema = z.object({
  peakBytes: z.number(),
  idleBytes: z.number(),
  tokensPerSecond: z.number(),
  gflops: z.number(),
})

function measure(config: RunConfig, folder: string) {
  const args = [join(import.meta.dirname, 'estimate-run.ts'), JSON.stringify(config), join(folder, 'run')]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  const line = stdout.trim().split('\n').at(-1) ?? ''
  if (status !== 0 || !line.startsWith('{')) throw new Error(`the run failed:\n${stderr.slice(-2000)}`)
  return measuredSchema.parse(JSON.parse(line))
}

async function compare(measured: (typeof CASES)[number], folder: string) {
  const steps = numberOption('steps', 3)
  const { batch, length } = measured
  const config = runConfigSchema.parse({
    ...runConfigOf(measured),
    model_name_or_path: await writeModel(join(folder, 'model'), measured),
    train_file: writeRows(join(folder, 'rows.jsonl'), measured, batch * steps, length),
    prompt_template: 'text',
    max_seq_length: length,
    per_device_train_batch_size: batch,
    max_steps: steps,
    eval_steps: 0,
  })
  const run = measure(config, folder)
  const store = openStore(join(folder, 'studio.sqlite'))
  const inspector = { run: inspectRun } as unknown as Parameters<typeof previewRun>[0]['inspector']
  const { plan, problems, estimate } = await previewRun(
    { store, inspector, machineSpeed: async () => run.gflops },
    config,
  )
  store.close()
  if (plan === null || estimate === null) throw new Error(problems.map(({ message }) => message).join('\n'))
  const { available: _, ...parts } = plan.memory
  const bytes = Object.values(parts).reduce((sum, part) => sum + part, 0)
  return { case: measured, parts, bytes, run, tokensPerSecond: estimate.tokensPerSecond }
}

const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(2)
const off = (estimated: number, real: number) => `${(100 * (estimated / real - 1)).toFixed(0)} %`
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
const rows = figures.map(({ case: measured, bytes, run, tokensPerSecond }) => [
  titleOf(measured),
  gib(bytes),
  gib(run.peakBytes),
  off(bytes, run.peakBytes),
  tokensPerSecond.toFixed(0),
  run.tokensPerSecond.toFixed(0),
  off(tokensPerSecond, run.tokensPerSecond),
])
const columns = [
  'run',
  'estimate (GiB)',
  'peak (GiB)',
  'off by',
  'estimate (tokens/s)',
  'best step (tokens/s)',
  'off by',
]
const table = markdownTable(columns, rows)
const worst = Math.max(...figures.map(({ bytes, run }) => Math.abs(bytes / run.peakBytes - 1)))
saveResult(
  'estimate',
  `${table}\n\nMemory is at most ${(100 * worst).toFixed(0)} % off, limit ${100 * LIMIT} %. ${MACHINE}.`,
  { machine: MACHINE, limit: LIMIT, figures },
)
