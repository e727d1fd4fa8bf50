import { join } from 'node:path'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { ADAPTERS } from '../adapters/index.ts'
import { openModelFolder, readConfig } from '../formats/model-folder.ts'
import { openSafetensors } from '../formats/safetensors.ts'
import type { TensorToWrite } from '../formats/write-safetensors.ts'
import type { Backend } from '../ir/executable.ts'
import { modelFromConfig } from '../models/index.ts'
import { fileKey, weightsFile } from '../train/checkpoint.ts'
import { targetLinears } from '../train/targets.ts'
import { openMerger } from './merge.ts'

export type MergedTensors = { readonly list: readonly TensorToWrite[]; close(): void }

/**
 * Every tensor of the base model, float32, adapted weights merged and (for full fine-tuning) trained weights in place
 * of their originals. Data is computed when its turn to be written comes: one tensor is in memory at a time.
 */
export async function mergedTensors(
  backend: Backend,
  config: RunConfig,
  checkpoint: string,
  progress: (done: number) => Promise<void>,
): Promise<MergedTensors> {
  const method = ADAPTERS[config.method]
  const base = openModelFolder(config.model_name_or_path)
  const trained = openSafetensors(join(checkpoint, weightsFile(config)))
  const model = modelFromConfig(readConfig(config.model_name_or_path))
  const targets = method.trainsBase ? [] : targetLinears(model.description, config)
  const merger = targets.length > 0 ? await openMerger(backend, targets, method, config) : null
  const adapted = new Map(targets.map((linear) => [`${linear.module}.weight`, linear]))

  const dataOf = async (name: string): Promise<Float32Array> => {
    if (method.trainsBase) return trained.tensors.has(name) ? trained.readFloat32(name) : base.readFloat32(name)
    const linear = adapted.get(name)
    if (!linear || !merger) return base.readFloat32(name)
    const parts = method
      .parameters(linear, config)
      .map(({ part }) => [part, trained.readFloat32(fileKey(linear.module, part))])
    return merger.merge(linear, base.readFloat32(name), Object.fromEntries(parts))
  }
  let done = 0
  const list = base.names.map((name) => ({
    name,
    dtype: 'F32' as const,
    shape: base.info(name).shape,
    data: async () => {
      await progress(done++ / base.names.length)
      return dataOf(name)
    },
  }))
  const close = () => {
    base.close()
    trained.close()
    merger?.dispose()
  }
  return { list, close }
}
