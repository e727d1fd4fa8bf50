import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parse } from 'yaml'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { runConfigSchema } from '../../shared/domain/run-config.ts'
import { metric, train } from '../training/run-harness.ts'
import { DEMO } from '../training/tiny-model.ts'

/**
 * The demo run in this process, with settings such as `bf16=true max_steps=100`: prints one JSON line with its losses,
 * test accuracy, and the process's peak memory and processor time.
 */
const recipe = join(DEMO, 'kinds-dora.yaml')
const fields: Record<string, unknown> = parse(readFileSync(recipe, 'utf8'))
for (const name of ['model_name_or_path', 'train_file', 'validation_file', 'test_file'])
  fields[name] = resolve(dirname(recipe), String(fields[name]))
for (const setting of process.argv.slice(2)) {
  const [name = '', value = ''] = setting.split('=')
  fields[name] = /^(true|false|-?[\d.]+)$/.test(value) ? JSON.parse(value) : value
}
const config = runConfigSchema.parse({ ...fields, save_steps: 0, eval_steps: 0, trajectory_steps: 0 })
const folder = mkdtempSync(join(tmpdir(), 'dora-precision-'))
try {
  const reports = await train(await tensorflowBackend(), config, join(folder, 'run'))
  const last = (name: string) => metric(reports, name).at(-1)?.[2]
  const { user, system } = process.cpuUsage()
  const result = {
    losses: metric(reports, 'train_loss').map(([, , loss]) => Number(loss.toFixed(5))),
    validationLoss: last('validation_loss'),
    testAccuracy: last('test_accuracy'),
    peakBytes: process.resourceUsage().maxRSS * 1024,
    cpuSeconds: (user + system) / 1e6,
  }
  console.log(JSON.stringify(result))
} finally {
  rmSync(folder, { recursive: true, force: true })
}
