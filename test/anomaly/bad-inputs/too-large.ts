import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openModelFolder } from '../../../main/engine/formats/model-folder.ts'
import { type TensorToWrite, writeSafetensors } from '../../../main/engine/formats/write-safetensors.ts'
import { changeConfig, type RealStudio } from '../real-studio.ts'
import type { BadInput } from './bad-input.ts'
import { weights } from './rewrite.ts'
import { rows } from './rows.ts'

/** The tiny model's weights for 1024 query heads of size 2. */
function manyHeads(studio: RealStudio): TensorToWrite[] {
  const folder = openModelFolder(studio.model)
  const shapes: Readonly<Record<string, readonly [number, number]>> = {
    q_proj: [2048, 16],
    o_proj: [16, 2048],
    k_proj: [2, 16],
    v_proj: [2, 16],
  }
  const tensors = folder.names.map((name): TensorToWrite => {
    const shape = shapes[name.split('.').at(-2) ?? '']
    if (shape) return { name, dtype: 'F32', shape, data: new Float32Array(shape[0] * shape[1]).fill(0.01) }
    return { name, dtype: 'F32', shape: folder.info(name).shape, data: folder.readFloat32(name) }
  })
  folder.close()
  return tensors
}

/** What outgrows the memory: of the machine, and of the heap that the engine is given. */
export const TOO_LARGE: readonly BadInput[] = [
  {
    what: 'a run that needs more memory than there is',
    spoil: async (studio) => {
      // 1024 heads over 512 positions: a gigabyte for each row and matrix of attention weights.
      changeConfig(studio, { num_attention_heads: 1024, num_key_value_heads: 1, head_dim: 2 })
      await writeSafetensors(weights(studio), manyHeads(studio))
      rows(studio, ...new Array<string>(256).fill(JSON.stringify({ text: 'a word '.repeat(400) })))
      writeFileSync(join(studio.folder, 'validation.jsonl'), '{"text":"a word"}\n')
    },
    set: { per_device_train_batch_size: 4096, max_seq_length: 512, prompt_template: 'text' },
    found: 'in the run',
    mayPass: true,
    says: [
      'This run needs about',
      'for training on 256 rows of 512 tokens at once',
      'GB are free',
      'Lower per_device_train_batch_size',
    ],
  },
  {
    what: 'a data set too large for the memory of the engine',
    spoil: ({ train }) =>
      writeFileSync(train, `${JSON.stringify({ text: 'many words in a row '.repeat(8) })}\n`.repeat(500_000)),
    env: { NODE_OPTIONS: '--max-old-space-size=64' },
    found: 'in the run',
    engineDies: true,
    says: [
      'The engine process ran out of memory',
      'heap out of memory',
      'Full log: ',
      'Close other programs, or lower',
    ],
  },
]
