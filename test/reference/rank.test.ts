import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { exportRun } from '../../main/engine/export/export.ts'
import { inspectRank } from '../../main/engine/inspect/rank/rank.ts'
import type { RunConfigInput } from '../../shared/domain/run-config.ts'
import { only, train, undisturbed } from '../training/run-harness.ts'
import { tinyRun } from '../training/test-run.ts'
import { askReference, python } from './python.ts'

vi.setConfig({ testTimeout: 300_000 })

const title = python
  ? 'the rank of an adapter as numpy reckons it'
  : 'the rank of an adapter as numpy reckons it (NOT RUN: set DORA_REFERENCE_PYTHON, see test/reference/install.sh)'

const SHORT = { max_steps: 6, save_steps: 0, eval_steps: 0, learning_rate: 1e-2, r: 4 } as const
const CASES: readonly (Partial<RunConfigInput> & { readonly directions: readonly number[] })[] = [
  { method: 'dora', rank_pattern: { q_proj: 2 }, directions: [2, 4] },
  { method: 'lora', use_rslora: true, lora_alpha: 3, directions: [4] },
  { method: 'lora', init_lora_weights: 'pissa', directions: [8] },
  // Beyond the weights' own ranks, the narrowest of which is 8.
  { method: 'lora', r: 20, directions: [16, 8] },
  { method: 'dora', magnitude_only_modules: ['down_proj'], target_modules: ['q_proj', 'up_proj'], directions: [4] },
]

describe.runIf(python)(title, () => {
  it.each(CASES)('%o', async ({ directions, ...settings }) => {
    const { config, folder, runFolder } = await tinyRun({ ...SHORT, ...settings })
    const backend = await tensorflowBackend()
    const checkpoint = only(await train(backend, config, runFolder), 'checkpoint').at(-1)?.folder as string
    const adapter = join(folder, 'adapter')
    await exportRun(backend, { config, checkpoint, kind: 'adapter', output: adapter }, undisturbed())
    const { modules, kept } = await inspectRank(config, checkpoint)
    expect([...new Set(modules.map((one) => one.directions))].sort()).toEqual(directions)
    expect(modules.some(({ module }) => module.includes('down_proj'))).toBe(!('magnitude_only_modules' in settings))
    expect(kept.at(-1)).toBeCloseTo(1, 12)
    const base = config.model_name_or_path
    const found = await askReference('check_rank', { adapter, base, modules })
    expect(found).toMatchObject({ modules: modules.length, otherRank: 0 })
    expect(found.effective).toBeLessThan(1e-4)
    expect(found.moved).toBeLessThan(1e-6)
  })
})
