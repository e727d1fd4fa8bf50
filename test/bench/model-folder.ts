import { closeSync, cpSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { writeSafetensors } from '../../main/engine/formats/write-safetensors.ts'
import { seededRandom } from '../../main/engine/random.ts'
import { DEMO } from '../training/tiny-model.ts'
import { modelOf } from './floor.ts'
import { modelConfigOf, SHAPES, type StepCase } from './step-case.ts'

/**
 * A model folder of a case's shape, with weights of PyTorch's size in float32 or bfloat16, norms of 1, and the demo's
 * tokenizer, whose vocabulary is the smallest of all shapes. The same random numbers again and again: nothing here
 * depends on them.
 */
export async function writeModel(folder: string, measured: StepCase, dtype: 'F32' | 'BF16' = 'F32'): Promise<string> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...modelConfigOf(measured), eos_token_id: 0 }))
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) cpSync(join(DEMO, 'model', name), join(folder, name))
  const random = seededRandom(7, 'weights')
  const block = Float32Array.from({ length: 2 ** 20 }, () => 0.07 * (random() - 0.5))
  const tensors = modelOf(measured).description.parameters.map(({ name, shape }) => {
    const size = shape.reduce((product, dim) => product * dim, 1)
    const isNorm = shape.length === 1 && !name.endsWith('bias')
    return { name, dtype, shape, data: () => (isNorm ? new Float32Array(size).fill(1) : repeated(block, size)) }
  })
  await writeSafetensors(join(folder, 'model.safetensors'), tensors)
  return folder
}

function repeated(block: Float32Array, size: number): Float32Array {
  const values = new Float32Array(size)
  for (let at = 0; at < size; at += block.length) values.set(block.subarray(0, Math.min(block.length, size - at)), at)
  return values
}

/** Rows of about `tokens` tokens as JSON Lines, of the demo's definitions: texts, or texts with one of eight labels. */
export function writeRows(file: string, { shape }: StepCase, rows: number, tokens: number): string {
  const texts = readFileSync(join(DEMO, 'kinds.train.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { input: string }).input)
  const labelled = SHAPES[shape].task !== 'CAUSAL_LM'
  // A word is more than a token, so that every row is cut at max_seq_length and fills it.
  const words = texts.join('. ').split(' ')
  const out = openSync(file, 'w')
  for (let row = 0; row < rows; row++) {
    const start = (row * tokens) % (words.length - tokens)
    const text = words.slice(start, start + tokens).join(' ')
    writeSync(out, `${JSON.stringify(labelled ? { text, label: row % 8 } : { text })}\n`)
  }
  closeSync(out)
  return file
}
