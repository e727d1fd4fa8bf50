import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { openModelFolder } from '../../main/engine/formats/model-folder.ts'
import { baseWeights } from '../../main/engine/train/base-weights.ts'
import { initialValues } from '../../main/engine/train/initial-values.ts'
import { openSession } from '../../main/engine/train/session.ts'
import { targetLinears } from '../../main/engine/train/targets.ts'
import { runConfigSchema } from '../../shared/domain/run-config.ts'
import { modelOf } from './floor.ts'
import { writeModel } from './model-folder.ts'
import { MACHINE, numberOption, saveResult } from './report.ts'
import { stepCase } from './step-case.ts'

/**
 * `npm run bench -- load [--rounds N]`: from a safetensors file in the page cache to TensorFlow's variables, for a
 * 135-million-parameter Llama shape, by what the file is in and what the base is held in. Gigabytes are those of the file.
 */
const rounds = numberOption('rounds', 5)

const measured = stepCase()
const model = modelOf(measured)

/** Wall time, and processor time of all threads: what a busy machine distorts least. */
async function timeToLoad(folder: string, dtype: 'float32' | 'bfloat16'): Promise<{ wall: number; cpu: number }> {
  const config = runConfigSchema.parse({
    model_name_or_path: folder,
    train_file: 'none',
    dtype,
    r: 1,
    trajectory_steps: 0,
  })
  const weights = baseWeights(openModelFolder(folder), model.description, 0)
  const session = await openSession(await tensorflowBackend(), {
    model,
    targets: targetLinears(model.description, config),
    method: ADAPTERS.dora,
    config,
    stored: (name) => weights.info(name).dtype,
    trainShapes: [],
    evalShapes: [],
  })
  const [began, before] = [performance.now(), process.cpuUsage()]
  await session.executable.write(initialValues(weights, session.layout, 0))
  const wall = (performance.now() - began) / 1000
  const { user, system } = process.cpuUsage(before)
  session.executable.dispose()
  weights.close()
  return { wall, cpu: (user + system) / 1e6 }
}

const rows: string[] = []
for (const stored of ['F32', 'BF16'] as const) {
  const folder = mkdtempSync(join(tmpdir(), 'dora-load-'))
  try {
    await writeModel(folder, measured, stored)
    const bytes = statSync(join(folder, 'model.safetensors')).size
    for (const held of ['float32', 'bfloat16'] as const) {
      const times: { wall: number; cpu: number }[] = []
      for (let round = 0; round < rounds; round++) times.push(await timeToLoad(folder, held))
      const best = (of: 'wall' | 'cpu') => Math.min(...times.map((time) => time[of]))
      const speed = (seconds: number) => (bytes / seconds / 1e9).toFixed(2)
      rows.push(`| ${stored} | ${held} | ${best('wall').toFixed(2)} | ${speed(best('wall'))} | ${speed(best('cpu'))} |`)
      console.log(rows.at(-1))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
const table = [
  '| file | held as | seconds | GB/s of file | GB a second of processor time |',
  '|---|---|---|---|---|',
  ...rows,
].join('\n')
const text = `${table}\n\nLlama shape of 135 million parameters, page cache warm, best of ${rounds}. ${MACHINE}.\n`
saveResult('load', text)
