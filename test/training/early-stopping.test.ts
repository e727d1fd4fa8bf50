import { existsSync, readdirSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import type { RunConfigInput } from '../../shared/domain/run-config.ts'
import { metric, only, train } from './run-harness.ts'
import { tinyRun } from './test-run.ts'

vi.setConfig({ testTimeout: 240_000 })

const backend = await tensorflowBackend()

/** A rate at which the tiny model learns for a few validations and then only gets worse. */
const overfitting = (extra: Partial<RunConfigInput> = {}) =>
  tinyRun({
    learning_rate: 0.5,
    max_steps: 40,
    eval_steps: 1,
    save_steps: 0,
    save_total_limit: 1,
    trajectory_steps: 0,
    early_stopping_patience: 3,
    ...extra,
  })

it('a run ends once the validation loss has not fallen for as long as patience allows, and says so', async () => {
  const { config, runFolder } = await overfitting()
  const reports = await train(backend, config, runFolder)
  const losses = metric(reports, 'eval_loss').map(([step, , value]) => ({ step, value }))
  const best = losses.reduce((lowest, one) => (one.value < lowest.value ? one : lowest))
  const end = only(reports, 'finished')[0]
  expect(end?.step).toBe(best.step + 3)
  expect(end?.note).toContain(`lowest at step ${best.step}`)
  expect(losses.at(-1)?.step).toBe(end?.step)
})

it('the best checkpoint is kept beside the newest, marked, and survives a resume', async () => {
  const { config, runFolder } = await overfitting({ load_best_model_at_end: true })
  const reports = await train(backend, config, runFolder, { stopAfter: 2 })
  const saved = only(reports, 'checkpoint').at(-1)
  const more = await train(backend, config, runFolder, { resumeFrom: saved?.folder ?? '' })
  const best = [...only(reports, 'checkpoint'), ...only(more, 'checkpoint')].filter((one) => one.best).at(-1)
  expect(existsSync(best?.folder ?? '')).toBe(true)
  expect(readdirSync(runFolder).filter((name) => name.startsWith('checkpoint-'))).toHaveLength(2)
  const losses = [...metric(reports, 'eval_loss'), ...metric(more, 'eval_loss')]
  expect(best?.evalLoss).toBe(Math.min(...losses.map(([, , value]) => value)))
})
