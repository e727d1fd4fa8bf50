import { dirname, join } from 'node:path'
import { ADAPTERS } from '../../../main/engine/adapters/index.ts'
import { readConfig } from '../../../main/engine/formats/model-folder.ts'
import { writeSafetensors } from '../../../main/engine/formats/write-safetensors.ts'
import { modelFromConfig } from '../../../main/engine/models/index.ts'
import { openAdapter } from '../../../main/engine/train/adapter-import.ts'
import { openCheckpoint } from '../../../main/engine/train/checkpoint.ts'
import { layoutState } from '../../../main/engine/train/state.ts'
import { targetLinears } from '../../../main/engine/train/targets.ts'
import { type RunConfigInput, runConfigSchema } from '../../../shared/domain/run-config.ts'
import { tinyModel } from '../../training/tiny-model.ts'
import { writeAll } from './tokenizer-files.ts'

export const VALUES = Float32Array.from({ length: 12 }, (_, i) => i / 7)
export const weightFile = (path: string) =>
  writeSafetensors(path, [
    { name: 'a.weight', dtype: 'F32', shape: [3, 4], data: VALUES },
    { name: 'b', dtype: 'BF16', shape: [12], data: VALUES },
    { name: 'c', dtype: 'F16', shape: [2, 6], data: VALUES },
  ])

export const TARGET_MODULES = ['q_proj', 'k_proj', 'v_proj', 'up_proj', 'down_proj']

/** A run of the tiny model that is laid out but not built. */
export function tinyRun(model: string, settings: Partial<RunConfigInput> = {}) {
  const own = { model_name_or_path: model, train_file: 'none', target_modules: TARGET_MODULES, r: 2 }
  const config = runConfigSchema.parse({ ...own, ...settings })
  const { description } = modelFromConfig(readConfig(model))
  return {
    config,
    layout: layoutState(description, targetLinears(description, config), ADAPTERS[config.method], config, true),
  }
}

/** Files as a checkpoint of the tiny model has them, all zeros. */
export async function writeAdapter(folder: string): Promise<void> {
  const model = join(folder, 'model')
  await tinyModel(model)
  const { layout } = tinyRun(model)
  const entries = [...layout.trainables, ...layout.frozen].flatMap(({ entries }) => entries)
  const zeros = (prefix: string) =>
    entries.map(({ key, shape }) => ({
      name: prefix + key,
      dtype: 'F32' as const,
      shape,
      data: new Float32Array(shape.reduce((size, dim) => size * dim, 1)),
    }))
  await writeSafetensors(join(folder, 'adapter_model.safetensors'), zeros(''))
  await writeSafetensors(join(folder, 'optimizer.safetensors'), [...zeros('exp_avg.'), ...zeros('exp_avg_sq.')])
  const state = {
    format: 1,
    step: 3,
    tokens: 99,
    evalLoss: 2.5,
    modelHash: 'a',
    dataHash: 'b',
    best: { step: 2, loss: 2.4, misses: 0, seenAt: 2 },
  }
  const settings = {
    peft_type: 'LORA',
    r: 2,
    lora_alpha: 32,
    use_dora: true,
    target_modules: TARGET_MODULES,
    rank_pattern: { 'layers.0.q_proj': 2 },
    alpha_pattern: {},
    bias: 'none',
    modules_to_save: null,
  }
  writeAll(folder, { 'trainer_state.json': state, 'adapter_config.json': settings })
}

export const adapterOf = (name: string) => async (folder: string) => {
  await writeAdapter(folder)
  return join(folder, name)
}

export function readAdapter(file: string): void {
  const folder = dirname(file)
  const { layout, config } = tinyRun(join(folder, 'model'))
  const adapter = openAdapter(folder, layout, config, () => new Float32Array(0))
  for (const { variable } of layout.trainables) adapter.value(variable.name)
  adapter.close()
}

export function readCheckpoint(file: string): void {
  const folder = dirname(file)
  const { layout, config } = tinyRun(join(folder, 'model'))
  const checkpoint = openCheckpoint(folder, layout, config, true)
  for (const { variable, first } of layout.trainables) [variable, first].map(({ name }) => checkpoint.value(name))
  checkpoint.close()
}
