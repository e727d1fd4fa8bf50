import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { openModelFolder } from '../../../main/engine/formats/model-folder.ts'
import type { TensorToWrite } from '../../../main/engine/formats/write-safetensors.ts'
import { writeModelShards } from '../../../main/engine/formats/write-shards.ts'
import type { RealStudio } from '../real-studio.ts'

/** The model's weight file. */
export const weights = ({ model }: RealStudio) => join(model, 'model.safetensors')

/** Writes the model's weights again, tensor by tensor as `change` says; null leaves one out. */
export async function rewrite(
  studio: RealStudio,
  change: (tensor: TensorToWrite) => TensorToWrite | null,
  shardBytes = 1e9,
) {
  const { model } = studio
  const folder = openModelFolder(model)
  const tensors = folder.names.flatMap((name): TensorToWrite[] => {
    const data = folder.readFloat32(name)
    const tensor = change({ name, dtype: 'F32', shape: folder.info(name).shape, data })
    return tensor === null ? [] : [tensor]
  })
  folder.close()
  rmSync(weights(studio))
  await writeModelShards(model, tensors, { maxShardBytes: shardBytes })
}

/** A change of one tensor. */
export const only = (name: string, change: (data: Float32Array) => TensorToWrite | null) => (tensor: TensorToWrite) =>
  tensor.name === name ? change(tensor.data as Float32Array) : tensor
