import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadPrompts } from '../../main/engine/data/load-data.ts'
import { openSafetensors } from '../../main/engine/formats/safetensors.ts'
import { openTask } from '../../main/engine/train/task.ts'
import { type RunConfig, runConfigSchema } from '../../shared/domain/run-config.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { ourLogits } from './our-logits.ts'
import { askReference, python } from './python.ts'

const title = python
  ? 'a real encoder'
  : 'a real encoder (NOT RUN: set DORA_REFERENCE_PYTHON, see test/reference/install.sh)'

const PAIRS = [
  ['A cat sits on the mat.', 'There is a cat on the mat.'],
  ['Café, naïve, résumé: accents are taken off!', 'The stock market fell by 3.5 % today.'],
  [
    'short',
    'An unusually long sentence that goes on and on, with commas, semicolons; and even (parentheses), to its end.',
  ],
  ['Das ist kein englischer Satz.', '漢字 and emoji 🙂 are split into pieces or unknown.'],
] as const

describe.runIf(python)(title, () => {
  it('gives its own sentence embeddings to 1e-4', { timeout: 300_000 }, async () => {
    const folder = temporaryFolder()
    const { model, embeddings } = await reference(folder, PAIRS.flat())
    const ours = await ourEmbeddings(model, folder)
    const width = embeddings.length / PAIRS.flat().length
    expect(width).toBe(384)
    PAIRS.flat().forEach((sentence, i) => {
      const [got, wanted] = [ours[i] as Float32Array, embeddings.subarray(i * width, (i + 1) * width)]
      const largest = got.reduce((most, value, k) => Math.max(most, Math.abs(value - (wanted[k] as number))), 0)
      expect(largest, sentence).toBeLessThan(1e-4)
    })
  })
})

async function reference(folder: string, sentences: readonly string[]) {
  const output = join(folder, 'embeddings.safetensors')
  const { folder: model } = await askReference<{ folder: string }>('embed', { sentences, output })
  const file = openSafetensors(output)
  const embeddings = file.readFloat32('embeddings')
  file.close()
  return { model, embeddings }
}

/** Embeddings of all sentences in order; each pair is a data file and a batch of its own. */
async function ourEmbeddings(modelFolder: string, folder: string): Promise<Float32Array[]> {
  const configs = PAIRS.map(([text_a, text_b], i) => {
    const train_file = join(folder, `pair-${i}.jsonl`)
    writeFileSync(train_file, JSON.stringify({ text_a, text_b }))
    return runConfigSchema.parse({
      model_name_or_path: modelFolder,
      train_file,
      task_type: 'FEATURE_EXTRACTION',
      method: 'full',
      target_modules: 'all-linear',
      trajectory_steps: 0,
    })
  })
  const config = configs[0] as RunConfig
  const { model, labels } = await openTask(config)
  const prompts = configs.map((one) => loadPrompts(one, model.description, labels, 1, 128))
  const batches = (await Promise.all(prompts)).flat()
  const pairs = await ourLogits({ config, model, checkpoint: null }, batches)
  return pairs.flatMap((rows) => [rows.slice(0, rows.length / 2), rows.slice(rows.length / 2)])
}
