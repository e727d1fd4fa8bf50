import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { loadPrompts } from '../../main/engine/data/load-data.ts'
import { openModelFolder } from '../../main/engine/formats/model-folder.ts'
import { openSafetensors } from '../../main/engine/formats/safetensors.ts'
import { baseWeights } from '../../main/engine/train/base-weights.ts'
import { initialValues } from '../../main/engine/train/initial-values.ts'
import { openSession } from '../../main/engine/train/session.ts'
import { openTask } from '../../main/engine/train/task.ts'
import { type RunConfig, runConfigSchema } from '../../shared/domain/run-config.ts'

/** Python with what requirements.txt lists; `.ci/run` always sets it, `test/reference/install.sh` makes one. */
const python = process.env.DORA_REFERENCE_PYTHON
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
    const folder = mkdtempSync(join(tmpdir(), 'dora-embeddings-'))
    const { model, embeddings } = reference(folder, PAIRS.flat())
    const ours = await ourEmbeddings(model, folder)
    rmSync(folder, { recursive: true })
    const width = embeddings.length / PAIRS.flat().length
    expect(width).toBe(384)
    PAIRS.flat().forEach((sentence, i) => {
      const [got, wanted] = [ours[i] as Float32Array, embeddings.subarray(i * width, (i + 1) * width)]
      const largest = got.reduce((most, value, k) => Math.max(most, Math.abs(value - (wanted[k] as number))), 0)
      expect(largest, sentence).toBeLessThan(1e-4)
    })
  })
})

function reference(folder: string, sentences: readonly string[]) {
  const [input, output] = [join(folder, 'sentences.json'), join(folder, 'embeddings.safetensors')]
  writeFileSync(input, JSON.stringify(sentences))
  const script = join(import.meta.dirname, 'embed.py')
  const { status, stdout, stderr } = spawnSync(python as string, [script, input, output], {
    encoding: 'utf8',
    env: { ...process.env, HF_HUB_OFFLINE: '1', TRANSFORMERS_VERBOSITY: 'error' },
  })
  if (status !== 0) throw new Error(`the reference failed:\n${stderr.slice(-3000)}`)
  const file = openSafetensors(output)
  const embeddings = file.readFloat32('embeddings')
  file.close()
  return { model: stdout.trim().split('\n').at(-1) as string, embeddings }
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
  const session = await openSession(await tensorflowBackend(), {
    model,
    targets: [],
    method: ADAPTERS.full,
    config,
    trainShapes: [],
    evalShapes: [],
    logitShapes: batches.map(({ shape }) => shape),
  })
  const weights = openModelFolder(modelFolder)
  await session.load(initialValues(baseWeights(weights, model.description, 0), session.layout, 0), false)
  weights.close()
  const found: Float32Array[] = []
  for (const batch of batches) {
    const rows = await session.logits(batch)
    found.push(rows.slice(0, rows.length / 2), rows.slice(rows.length / 2))
  }
  return found
}
