import { ADAPTERS } from '../adapters/index.ts'
import { type ModelFolder, openModelFolder } from '../formats/model-folder.ts'
import type { TensorToWrite } from '../formats/write-safetensors.ts'
import type { Backend } from '../ir/executable.ts'
import type { ModelDescription } from '../models/model.ts'
import { type BaseWeights, baseWeights } from '../train/base-weights.ts'
import { openTrained } from '../train/checkpoint.ts'
import { heldWeights } from '../train/held/held-weights.ts'
import { targetLinears } from '../train/targets.ts'
import { trainedBase } from '../train/trained-base.ts'
import { openMerger } from './merge.ts'
import type { MergeSource } from './merge-source.ts'
import { HEAD_WEIGHT, untiedEmbedding } from './untied-head.ts'

export type MergedTensors = { readonly list: readonly TensorToWrite[]; close(): void }

/**
 * Every tensor of the base model, float32, adapted weights merged and (for full fine-tuning) trained weights in place
 * of their originals. Data is computed when its turn to be written comes: one tensor is in memory at a time.
 */
export async function mergedTensors(
  backend: Backend,
  { config, checkpoint, task }: Pick<MergeSource, 'config' | 'checkpoint' | 'task'>,
  progress: (done: number) => Promise<void>,
): Promise<MergedTensors> {
  const method = ADAPTERS[config.method]
  const { model } = await task(config.model_name_or_path)
  const folder = openModelFolder(config.model_name_or_path)
  const base = baseWeights(folder, model.description, config.seed)
  const trained = openTrained(checkpoint, config)
  const targets = method.trainsBase ? [] : targetLinears(model.description, config)
  const merger = targets.length > 0 ? await openMerger(backend, targets, method, config) : null
  const adapted = new Map(targets.map((linear) => [`${linear.module}.weight`, linear]))
  const whole = trainedBase(model.description, targets, method, config)
  const held = heldWeights(model.description, targets, method, config)
  // The adapter was trained on the rounded weights, so it is these that it is merged into (see README.md).
  const read = (name: string) => {
    const values = base.readFloat32(name)
    return held.get(name)?.seen(values) ?? values
  }

  const dataOf = async (name: string): Promise<Float32Array> => {
    const key = whole.get(name)
    if (key !== undefined && trained.tensors.has(key)) return trained.readFloat32(key)
    const linear = adapted.get(name)
    if (!linear || !merger) return read(name)
    return merger.merge(linear, read(name), trained.readFloat32)
  }
  let done = 0
  const untied = untiedEmbedding(model.description, config)
  const all = namesToWrite(folder, base, model.description, untied)
  const list = all.map(({ name, known }) => ({
    name,
    dtype: 'F32' as const,
    shape: known === null ? folder.info(name).shape : base.info(known).shape,
    data: async () => {
      await progress(done++ / all.length)
      if (known === null) return folder.readFloat32(name)
      return untied !== null && name === HEAD_WEIGHT ? read(known) : dataOf(known)
    },
  }))
  const close = () => {
    base.close()
    trained.close()
    merger?.dispose()
  }
  return { list, close }
}

type ToWrite = { readonly name: string; readonly known: string | null }

/**
 * Names in the file with the model's own (`known`, null where the graph has no use for a tensor). A folder keeps the
 * names it came with, unless a head is added, or parts from the embedding `untied`: then all have those of the class
 * that has the head.
 */
function namesToWrite(
  folder: ModelFolder,
  base: BaseWeights,
  model: ModelDescription,
  untied: string | null,
): ToWrite[] {
  const keeps = model.headModules.length === 0 && untied === null
  const head: ToWrite[] = untied === null ? [] : [{ name: HEAD_WEIGHT, known: `${untied}.weight` }]
  const written = base.names.map((known) => ({ name: (keeps ? base.fileName(known) : null) ?? known, known }))
  const used = new Set(base.names.flatMap((known) => [known, base.fileName(known)]))
  // Counters and masks that old files hold are no weights; what transformers needs of them, it makes itself.
  const isWeight = (name: string) => ['F32', 'F16', 'BF16', 'F64'].includes(folder.info(name).dtype)
  const heads = (name: string) => model.headModules.some((head) => name.startsWith(`${head}.`))
  const isHead = (name: string) => heads(name) || (untied !== null && name === HEAD_WEIGHT)
  const others = folder.names.filter((name) => !used.has(name) && isWeight(name) && !isHead(name))
  return [...written, ...head, ...others.map((name) => ({ name, known: null }))]
}
