import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { exportRun } from '../../main/engine/export/export.ts'
import { writeSafetensors } from '../../main/engine/formats/write-safetensors.ts'
import { openInference } from '../../main/engine/train/inference.ts'
import { openTask } from '../../main/engine/train/task.ts'
import type { GgufDtype } from '../../shared/domain/export.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import { only, train, undisturbed } from '../training/run-harness.ts'
import { testRun } from '../training/test-run.ts'
import { tinyModel } from '../training/tiny-model.ts'
import { askReference, python } from './python.ts'
import { SENTENCE_PIECES, writeSentencePiece } from './tiny-sentencepiece.ts'

vi.setConfig({ testTimeout: 300_000 })

const title = python
  ? 'GGUF files opened by gguf and transformers'
  : 'GGUF files opened by gguf and transformers (NOT RUN: set DORA_REFERENCE_PYTHON, see test/reference/install.sh)'

const SHORT = { max_steps: 3, save_steps: 0, eval_steps: 0, learning_rate: 1e-2, max_seq_length: 256 } as const
/** Widths that are whole blocks. */
const WIDE = { hidden_size: 64, intermediate_size: 96, num_attention_heads: 4, num_key_value_heads: 2 }
const TEMPLATE =
  '{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}'

type Case = {
  readonly name: string
  readonly type: string
  readonly fields?: object
  readonly dtype: GgufDtype
  readonly pieces?: 'llama' | 'gemma'
}
const CASES: readonly Case[] = [
  { name: 'llama, tied', type: 'llama', fields: WIDE, dtype: 'float32' },
  { name: 'llama, untied', type: 'llama', fields: { ...WIDE, tie_word_embeddings: false }, dtype: 'q8_0' },
  { name: 'llama of rows that are no blocks', type: 'llama', dtype: 'q8_0' },
  { name: 'mistral', type: 'mistral', fields: { ...WIDE, sliding_window: null }, dtype: 'float16' },
  { name: 'llama with SentencePiece', type: 'llama', fields: WIDE, dtype: 'float32', pieces: 'llama' },
  { name: 'qwen2', type: 'qwen2', fields: WIDE, dtype: 'bfloat16' },
  { name: 'qwen2', type: 'qwen2', fields: WIDE, dtype: 'float32' },
  { name: 'qwen3', type: 'qwen3', fields: { ...WIDE, head_dim: 128 }, dtype: 'float32' },
  {
    name: 'gemma3 with SentencePiece',
    type: 'gemma3_text',
    // Seven layers, the sixth of which sees everything; a window shorter than the text.
    fields: { ...WIDE, head_dim: 256, num_hidden_layers: 7, sliding_window: 8, max_position_embeddings: 512 },
    dtype: 'float32',
    pieces: 'gemma',
  },
]

const shape = { batch: 2, length: 24, labels: 48 }

describe.runIf(python)(title, () => {
  it.each(CASES)('$name as $dtype: same bytes, logits and ids', async ({ type, fields = {}, dtype, pieces }) => {
    const { config: run, folder, runFolder } = testRun({ ...SHORT, method: 'dora' })
    const base = join(folder, 'model')
    const vocab_size = pieces ? SENTENCE_PIECES : 6144
    const ids = pieces ? { eos_token_id: 1, pad_token_id: 0 } : {}
    await tinyModel(base, type, undefined, { ...fields, ...ids, vocab_size })
    if (pieces) writeSentencePiece(base, pieces)
    writeFileSync(join(base, 'chat_template.jinja'), TEMPLATE)
    const config = { ...run, model_name_or_path: base }
    const backend = await tensorflowBackend()
    const checkpoint = only(await train(backend, config, runFolder), 'checkpoint').at(-1)?.folder as string
    const [merged, output] = [join(folder, 'merged'), join(folder, 'out')]
    const order = { config, checkpoint }
    await exportRun(backend, { ...order, kind: 'merged', output: merged, dtype: 'float32' }, undisturbed())
    await exportRun(backend, { ...order, kind: 'gguf', output, dtype }, undisturbed())
    const file = readdirSync(output).find((name) => name.endsWith('.gguf')) as string
    const logits = join(folder, 'logits.safetensors')
    await writeLogits(logits, { ...config, model_name_or_path: merged }, vocab_size)
    const special = pieces ? ['<bos>', '<end_of_turn>'] : ['<|endoftext|>']
    const given = {
      merged,
      folder: output,
      file,
      logits,
      heads: headsOf(fields),
      groups: groupsOf(type, fields),
      special,
      template: TEMPLATE,
    }
    const found = await askReference('check_gguf', given)
    expect(found).toMatchObject({ unlike: 0, missing: 0, otherIds: 0, aligned: 1, template: 1 })
    expect(found.tensors).toBeGreaterThanOrEqual(20)
    const scale = Math.max(1, found.scale as number)
    expect(found.toOurs).toBeLessThan(BOUNDS[dtype] * scale)
    if (dtype === 'float32') expect(found.toMerged).toBeLessThan(1e-6 * scale)
  })
})

/** float32 as everywhere; the others round, and that it is rounding the bytes have shown. */
const BOUNDS = { float32: 1e-4, float16: 4e-3, bfloat16: 3e-2, q8_0: 6e-2 } as const satisfies Record<GgufDtype, number>

const headsOf = (fields: { num_attention_heads?: number }) => fields.num_attention_heads ?? 2
const groupsOf = (type: string, fields: { num_key_value_heads?: number }) =>
  fields.num_key_value_heads ?? (type === 'llama' ? 1 : 2)

async function writeLogits(file: string, run: RunConfig, vocab: number): Promise<void> {
  const config: RunConfig = { ...run, method: 'full' }
  const { model } = await openTask(config)
  const inputIds = Int32Array.from({ length: 48 }, (_, i) => (i * 97 + 11) % vocab)
  const ones = new Int32Array(48).fill(1)
  const request = { config, model, folder: run.model_name_or_path, checkpoint: null, shapes: [shape] }
  const session = await openInference(await tensorflowBackend(), request)
  const zeros = new Int32Array(48)
  const labels = { labelPositions: zeros, labelTargets: zeros, labelWeights: new Float32Array(48) }
  const batch = { shape, inputIds, attentionMask: ones, ...labels, rows: 2, extra: {} }
  const logits = await session.logits(batch as unknown as Parameters<typeof session.logits>[0])
  session.executable.dispose()
  await writeSafetensors(file, [
    { name: 'input_ids', dtype: 'I32', shape: [2, 24], data: inputIds },
    { name: 'logits', dtype: 'F32', shape: [2, 24, vocab], data: logits },
  ])
}
