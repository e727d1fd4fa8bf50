import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import { openMerger } from '../../main/engine/export/merge.ts'
import { openModelFolder, readConfig } from '../../main/engine/formats/model-folder.ts'
import { openSafetensors } from '../../main/engine/formats/safetensors.ts'
import type { Backend } from '../../main/engine/ir/executable.ts'
import { modelFromConfig } from '../../main/engine/models/index.ts'
import { entryValues, initialValues } from '../../main/engine/train/initial-values.ts'
import { savedArrays } from '../../main/engine/train/packed-file.ts'
import { openSession, type Session } from '../../main/engine/train/session.ts'
import { targetLinears } from '../../main/engine/train/targets.ts'
import { runConfigSchema } from '../../shared/domain/run-config.ts'
import { backends } from './backends.ts'
import { caseBatch, exactReader } from './golden-case.ts'
import { relativeError } from './programs.ts'

/** PEFT started by PiSSA and trained for five steps (golden/make_method_golden.py), and the same in float64 (make_exact.py). */
const folder = join(import.meta.dirname, 'golden-starts/llama-lora-pissa')
const meta = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8'))
const expected = openSafetensors(join(folder, 'expected.safetensors'))
const exact = exactReader(join(folder, 'exact.safetensors'))
const model = modelFromConfig(readConfig(join(folder, 'base')))
const config = runConfigSchema.parse({
  model_name_or_path: join(folder, 'base'),
  train_file: 'none',
  method: 'lora',
  r: meta.r,
  lora_alpha: meta.lora_alpha,
  target_modules: meta.target_modules,
  init_lora_weights: 'pissa',
  weight_decay: meta.weight_decay,
  max_grad_norm: 0,
})
const targets = targetLinears(model.description, config)
const batch = caseBatch(expected, config, model)

describe.each(Object.entries(backends))('PiSSA on %s', (_, open) => {
  let backend: Backend
  let session: Session
  beforeAll(async () => {
    backend = await open()
    session = await openSession(backend, {
      model,
      targets,
      method: ADAPTERS.lora,
      config,
      trainShapes: [batch.shape],
      evalShapes: [batch.shape],
    })
    const base = openModelFolder(join(folder, 'base'))
    await session.load(initialValues(base, session.layout, 5), true)
    base.close()
  })

  it('has PEFT’s losses and changes the weights as PEFT does', async () => {
    const losses: number[] = []
    for (let step = 1; step <= meta.steps; step++) losses.push((await session.step([batch], meta.lr, step)).loss)
    expect(relativeError(losses, expected.readFloat32('losses'))).toBeLessThan(1e-5)
    expect(relativeError(losses, exact('losses'))).toBeLessThan(1e-5)

    const merger = await openMerger(backend, targets, ADAPTERS.lora, config)
    const arrays = new Map(
      savedArrays(session.layout).flatMap(({ variable, entries }) => {
        const [[, packed]] = [...session.executable.read([variable.name])] as [[string, Float32Array]]
        return entries.map((entry) => [entry.key, entryValues(packed, variable, entry).data] as const)
      }),
    )
    const base = openModelFolder(join(folder, 'base'))
    for (const linear of targets) {
      const name = `${linear.module}.weight`
      const before = base.readFloat32(name)
      const got = await merger.merge(linear, before, (key) => arrays.get(key) as Float32Array)
      const change = (values: ArrayLike<number>) =>
        Float64Array.from(values, (value, i) => value - (before[i] as number))
      // PEFT itself is up to 2.3e-5 off in float32, because its decomposition is; ours is in float64.
      expect(relativeError(change(got), change(exact(`merged.${name}`))), name).toBeLessThan(1e-5)
    }
    base.close()
    merger.dispose()
  })
})
