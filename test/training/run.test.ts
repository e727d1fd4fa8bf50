import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { openModelFolder } from '../../main/engine/formats/model-folder.ts'
import { writeSafetensors } from '../../main/engine/formats/write-safetensors.ts'
import { METHOD_KINDS, type MethodKind } from '../../shared/domain/method.ts'
import type { RunConfigInput } from '../../shared/domain/run-config.ts'
import { rejectionOf } from '../unit/engine/thrown-by.ts'
import { metric, only, train } from './run-harness.ts'
import { testRun, tinyRun } from './test-run.ts'

// Each run builds and compiles its graphs, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 240_000 })

const backend = await tensorflowBackend()

describe('a training run', () => {
  it('reports its plan, metrics, trajectories, checkpoints and its end', async () => {
    const { config, runFolder } = await tinyRun()
    const reports = await train(backend, config, runFolder)
    expect(only(reports, 'plan')[0]?.plan).toMatchObject({
      totalSteps: 6,
      trainRows: 24,
      validationRows: 8,
      modelType: 'llama',
    })
    expect(metric(reports, 'train_loss').map(([step]) => step)).toEqual([1, 2, 3, 4, 5, 6])
    expect(metric(reports, 'eval_loss').map(([step]) => step)).toEqual([3, 6])
    expect([...new Set(metric(reports, 'delta_d').map(([step]) => step))]).toEqual([0, 2, 4, 6])
    expect(only(reports, 'checkpoint').map(({ step }) => step)).toEqual([3, 6])
    expect(reports.at(-1)).toEqual({ type: 'finished', step: 6, note: null })
    expect(readdirSync(runFolder).sort()).toEqual(['checkpoint-3', 'checkpoint-6'])
  })

  it('reports what it measured up to a checkpoint before the checkpoint', async () => {
    const { config, runFolder } = await tinyRun({ save_steps: 1, eval_steps: 1, max_steps: 3 })
    const reports = await train(backend, config, runFolder)
    for (const { step } of only(reports, 'checkpoint')) {
      const before = reports.slice(
        0,
        reports.findIndex((report) => report.type === 'checkpoint' && report.step === step),
      )
      for (const name of ['train_loss', 'eval_loss']) expect(metric(before, name).map(([at]) => at)).toContain(step)
    }
  })

  it('learns: the loss falls on data it has seen', async () => {
    const { config, runFolder } = testRun({ max_steps: 24, lr_scheduler_type: 'constant', learning_rate: 4e-3 })
    const losses = metric(await train(backend, config, runFolder), 'train_loss').map(([, , loss]) => loss)
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(mean(losses.slice(-6))).toBeLessThan(0.6 * mean(losses.slice(0, 6)))
  })

  it('keeps only save_total_limit checkpoints and says which are gone', async () => {
    const { config, runFolder } = await tinyRun({ save_steps: 1, save_total_limit: 2 })
    const there: string[][] = []
    const stored = async () => void there.push(readdirSync(runFolder).sort())
    const reports = await train(backend, config, runFolder, { stored })
    expect(readdirSync(runFolder).sort()).toEqual(['checkpoint-5', 'checkpoint-6'])
    // None goes before the host has the next one in its history.
    expect(there.at(-1)).toEqual(['checkpoint-4', 'checkpoint-5', 'checkpoint-6'])
    expect(only(reports, 'pruned').at(-1)?.folders).toEqual([join(runFolder, 'checkpoint-4')])
  })

  const resumed: readonly (readonly [MethodKind, Partial<RunConfigInput>])[] = [
    ...METHOD_KINDS.map((method) => [method, {}] as const),
    ['dora', { gradient_accumulation_steps: 2, lora_dropout: 0.2, rank_pattern: { q_proj: 2 } }],
    ['full', { gradient_accumulation_steps: 2 }],
    ['dora', { quantization: 'nf4' }],
    ['lora', { quantization: 'int8', init_lora_weights: 'pissa' }],
    ['lora', { init_lora_weights: 'pissa', modules_to_save: ['embed_tokens'] }],
    ['dvora', { target_modules: ['q_proj'], magnitude_only_modules: ['up_proj'], detach_norm: false }],
    ['dora', { target_modules: ['embed_tokens', 'q_proj'], gradient_accumulation_steps: 2, loraplus_lr_ratio: 2 }],
    ['prefix', { num_virtual_tokens: 4, prefix_projection: true, packing: true, modules_to_save: ['input_layernorm'] }],
    ['prefix', { gradient_accumulation_steps: 2, bf16: true }],
  ]
  it.each(resumed)('goes on after a stop bit for bit as if it had not been stopped: %s %o', async (method, extra) => {
    const hasTrajectory = ADAPTERS[method].derived.length > 0
    const { config, runFolder } = await tinyRun({ method, save_steps: 0, ...extra })
    const whole = await train(backend, config, `${runFolder}-whole`)
    // The report before the first step holds the trajectory of step 0, so three reports are two steps.
    const first = await train(backend, config, runFolder, { stopAfter: 3 })
    const stopped = only(first, 'stopped')[0]?.step as number
    const resumeFrom = only(first, 'checkpoint').at(-1)?.folder as string
    const rest = await train(backend, config, runFolder, { resumeFrom })
    for (const name of ['train_loss', 'grad_norm', 'eval_loss', 'delta_m', 'delta_d', 'gain_std', 'tokens']) {
      const wanted = metric(whole, name).filter(([step]) => step > stopped)
      expect(metric(rest, name), name).toEqual(wanted)
      if (name !== 'gain_std' && (hasTrajectory || !name.startsWith('delta_'))) expect(wanted.length).toBeGreaterThan(0)
    }
  })

  it('splits a batch into micro-batches without changing the step', async () => {
    const one = await tinyRun({ per_device_train_batch_size: 8, max_steps: 1, train_on_inputs: true })
    const four = await tinyRun({
      per_device_train_batch_size: 2,
      gradient_accumulation_steps: 4,
      max_steps: 1,
      train_on_inputs: true,
    })
    const norm = async ({ config, runFolder }: typeof one, rows: number) => {
      const reports = await train(backend, { ...config, seed: rows }, runFolder)
      return metric(reports, 'train_loss')[0]?.[2] as number
    }
    // Only the same rows in both make it equal, so the data is cut to one batch.
    for (const { config } of [one, four]) {
      const rows = readFileSync(config.train_file, 'utf8').split('\n').slice(0, 8).join('\n')
      writeFileSync(config.train_file, rows)
    }
    expect(Math.abs((await norm(one, 1)) - (await norm(four, 1)))).toBeLessThan(1e-5)
  })
})

describe('a run that cannot go on', () => {
  it('stops at a loss that is not a number, and leaves no checkpoint of it', async () => {
    const run = testRun({ save_steps: 1 })
    const poisoned = await poisonedModel(run.config.model_name_or_path, join(run.folder, 'poisoned'))
    const config = { ...run.config, model_name_or_path: poisoned }
    const { code, message, hint } = await rejectionOf(train(backend, config, run.runFolder))
    expect(code).toBe('diverged')
    expect(message).toMatch(/the loss became (NaN|Infinity) at step 1/)
    expect(hint).toMatch(/base model/)
    expect(existsSync(run.runFolder) ? readdirSync(run.runFolder) : []).toEqual([])
  })

  it('names target modules that match nothing, and what there is', async () => {
    const { config, runFolder } = testRun({ target_modules: ['q_proj', 'query'] })
    const { code, message, hint } = await rejectionOf(train(backend, config, runFolder))
    expect([code, message]).toEqual([
      'bad-config',
      'target_modules: no linear layer or embedding of this model is called query.',
    ])
    expect(hint).toContain('q_proj, k_proj, v_proj')
  })

  it('refuses to resume on data that changed', async () => {
    const run = await tinyRun()
    const reports = await train(backend, run.config, run.runFolder, { stopAfter: 2 })
    const resumeFrom = only(reports, 'checkpoint').at(-1)?.folder as string
    appendFileSync(run.config.train_file, '{"instruction":"a","input":"b","output":"c"}\n')
    const again = train(backend, run.config, run.runFolder, { resumeFrom })
    expect(await rejectionOf(again)).toMatchObject({ code: 'conflict' })
  })
})

/** The demo model with one weight so large that float32 overflows behind it. */
async function poisonedModel(from: string, to: string): Promise<string> {
  cpSync(from, to, { recursive: true })
  const model = openModelFolder(from)
  const tensors = model.names.map((name) => {
    const data = model.readFloat32(name)
    return {
      name,
      dtype: 'F32' as const,
      shape: model.info(name).shape,
      data: name === 'model.norm.weight' ? data.fill(3e38) : data,
    }
  })
  model.close()
  await writeSafetensors(join(to, 'model.safetensors'), tensors)
  return to
}

it('tells of an evaluation file that repeats training rows before the first step, and raises no other alarm', async () => {
  const { config, runFolder } = testRun({ max_steps: 2, save_steps: 0, eval_steps: 0 })
  const rows = readFileSync(config.train_file, 'utf8').split('\n').slice(0, 3)
  appendFileSync(config.validation_file ?? '', `${rows.join('\n')}\n`)
  const alarms = only(await train(backend, config, runFolder), 'alarm')
  expect(alarms.map(({ kind, alarm }) => [kind, alarm?.step, alarm?.message])).toEqual([
    ['evaluation-overlap', 0, '3 of 11 validation rows (27.3%) are training rows too.'],
  ])
})
