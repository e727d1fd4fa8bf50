import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openModelFolder } from '../../main/engine/formats/model-folder.ts'
import { sizeOf } from '../../main/engine/ir/graph.ts'
import { writeModel } from '../bench/model-folder.ts'
import { stepCase } from '../bench/step-case.ts'
import { temporaryFolder } from '../temporary-folder.ts'

type Memory = { readonly grown: number; readonly most: number }

/** Bytes that JavaScript holds more after a model was loaded in a process of its own, and at most while it was. */
function memoryOf(folder: string, ...options: string[]): Memory {
  const script = join(import.meta.dirname, 'load-memory.ts')
  const out = execFileSync(process.execPath, ['--expose-gc', script, folder, ...options], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return JSON.parse(out.trim().split('\n').at(-1) ?? '') as Memory
}

/** Bytes of a folder's weights as they are stored. */
function storedBytes(path: string): number {
  const { names, info, close } = openModelFolder(path)
  const bytes = names.reduce(
    (total, name) => total + sizeOf(info(name).shape) * (info(name).dtype === 'F32' ? 4 : 2),
    0,
  )
  close()
  return bytes
}

it.each(['F32', 'BF16'] as const)('no copy of the weights stays in JavaScript, file of %s', async (dtype) => {
  const folder = await writeModel(temporaryFolder(), stepCase({ layers: 6 }), dtype)
  const bytes = storedBytes(folder)
  expect(bytes).toBeGreaterThan(90e6)
  // Of a float32 file 23 MB of buffers were seen to stay, a ninth; a copy would be the whole.
  expect(memoryOf(folder, 'none').grown).toBeLessThan(0.2 * bytes)
  // That the count sees a copy where there is one.
  expect(memoryOf(folder, 'none', 'keep').grown).toBeGreaterThan(0.9 * bytes)
})

it.each(['nf4', 'int8'] as const)('codes of %s are made without a float32 copy of a weight', async (quantization) => {
  const folder = await writeModel(temporaryFolder(), stepCase({ layers: 1 }), 'BF16')
  const { info, close } = openModelFolder(folder)
  const embedding = info('model.embed_tokens.weight')
  close()
  const { grown, most } = memoryOf(folder, quantization)
  // 8-bit words of the embedding, which are lent, and a sixteenth of that for scales; float32 would be four times as much.
  expect(most).toBeLessThan(1.5 * sizeOf(embedding.shape))
  expect(most).toBeGreaterThan(sizeOf(embedding.shape))
  expect(grown).toBeLessThan(0.5 * sizeOf(embedding.shape))
})
