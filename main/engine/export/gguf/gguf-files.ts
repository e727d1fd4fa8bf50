import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { manyFaults } from '../../formats/file-fault.ts'
import type { GgufType } from '../../formats/gguf/gguf-format.ts'
import { openGguf } from '../../formats/gguf/read-gguf.ts'
import { type GgufTensor, writeGguf } from '../../formats/gguf/write-gguf.ts'
import { openModelFolder } from '../../formats/model-folder.ts'
import { writeModelShards } from '../../formats/write-shards.ts'
import type { ModelDescription } from '../../models/model.ts'
import { baseWeights } from '../../train/base-weights.ts'
import { FLOAT16_END } from '../round-model.ts'
import type { GgufPlan, PlannedWeight } from './gguf-plan.ts'

/** Weights from here on become infinite, as they are or (Q8_0) as the scale of their block. */
const ENDS: Readonly<Partial<Record<GgufType, number>>> = { F16: FLOAT16_END, Q8_0: 127 * FLOAT16_END }

/** Writes the float32 weights of a folder as the planned GGUF file; one tensor is in memory at a time. */
export async function writeModelGguf(
  path: string,
  { metadata, weights, extras }: GgufPlan,
  folderPath: string,
  model: ModelDescription,
  progress: (done: number) => Promise<void>,
): Promise<void> {
  const folder = baseWeights(openModelFolder(folderPath), model, 0)
  try {
    refuseOverflow(weights, folder.readFloat32)
    const tensors: GgufTensor[] = weights.map(({ name, shape, type, known, there }, i) => ({
      name,
      shape,
      type,
      data: async () => {
        await progress(i / weights.length)
        return there(folder.readFloat32(known))
      },
    }))
    const others = extras.map(({ values, ...spec }) => ({ ...spec, data: () => values }))
    await writeGguf(path, metadata, [...others, ...tensors])
  } finally {
    folder.close()
  }
}

/** Puts what a GGUF file holds, as float32 and in our names and order, in place of the weights of a folder. */
export async function expandGguf(path: string, { weights }: GgufPlan, folder: string): Promise<void> {
  const { files, close } = openModelFolder(folder)
  close()
  for (const file of files) rmSync(join(folder, file))
  const gguf = openGguf(path)
  try {
    const tensors = weights.map(({ name, known, shape, back }) => ({
      name: known,
      dtype: 'F32' as const,
      shape,
      data: () => back(gguf.readFloat32(name)),
    }))
    await writeModelShards(folder, tensors)
  } finally {
    gguf.close()
  }
}

function refuseOverflow(weights: readonly PlannedWeight[], read: (name: string) => Float32Array): void {
  const complaints = weights.flatMap(({ known, type }) => {
    const end = ENDS[type]
    if (end === undefined) return []
    const values = read(known)
    const at = values.findIndex((value) => !(Math.abs(value) < end))
    return at < 0 ? [] : [`tensor "${known}" has ${values[at]} at element ${at}, ${type} ends at ${end}`]
  })
  if (complaints.length === 0) return
  throw manyFaults('bad-tensor', 'The merged model', complaints, 'Write it as bfloat16 or float32.')
}
