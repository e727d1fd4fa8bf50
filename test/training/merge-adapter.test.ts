import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { mergeAdapter } from '../../main/engine/export/export.ts'
import { openModelFolder, readConfig } from '../../main/engine/formats/model-folder.ts'
import { openSafetensors } from '../../main/engine/formats/safetensors.ts'
import { writeSafetensors } from '../../main/engine/formats/write-safetensors.ts'
import type { ExportReport } from '../../shared/domain/export.ts'
import type { EngineReport } from '../../shared/engine-protocol.ts'
import { relativeError } from '../conformance/programs.ts'
import { sharedFolder } from '../temporary-folder.ts'
import { rejectionOf } from '../unit/engine/thrown-by.ts'
import { only, undisturbed } from './run-harness.ts'

const GOLDEN = join(import.meta.dirname, '../conformance/golden')
const ADAPTERS = readdirSync(GOLDEN).filter((name) => existsSync(join(GOLDEN, name, 'adapter')))
const isPrefix = (name: string) => name.includes('-prefix')
const CASES = ADAPTERS.filter((name) => !isPrefix(name))

const backend = await tensorflowBackend()
const folder = sharedFolder()

async function merged(base: string, adapter: string, output: string): Promise<ExportReport> {
  const reports: EngineReport[] = []
  await mergeAdapter(
    backend,
    { base, adapter, output },
    undisturbed((message) => reports.push(message)),
  )
  return only(reports, 'exported')[0]?.report as ExportReport
}

describe.each(CASES)('the adapter that PEFT wrote for %s', (name) => {
  it('is merged into its base as PEFT merges it, with its head, and proved', async () => {
    const output = join(folder, name)
    const { proof, files } = await merged(join(GOLDEN, name, 'base'), join(GOLDEN, name, 'adapter'), output)
    expect(files.map((file) => file.name)).toContain('model.safetensors')
    expect(proof).toMatchObject({ prompts: 8 })
    expect(proof?.maxAbsDifference).toBeLessThan(1e-4 * (proof?.maxAbsLogit as number))

    const expected = openSafetensors(join(GOLDEN, name, 'expected.safetensors'))
    const adapter = openSafetensors(join(GOLDEN, name, 'adapter/adapter_model.safetensors'))
    const model = openModelFolder(output)
    const compare = (tensor: string, wanted: Float32Array) =>
      expect(relativeError(model.readFloat32(tensor), wanted), tensor).toBeLessThan(1e-5)
    for (const key of expected.tensors.keys()) {
      if (key.startsWith('merged.')) compare(key.slice('merged.'.length), expected.readFloat32(key))
    }
    // modules_to_save: the head is the adapter's, not the base's.
    const saved = [...adapter.tensors.keys()].filter((key) =>
      /^base_model\.model\.(score|classifier|lm_head)\.(?!base_layer|lora_)/.test(key),
    )
    for (const key of saved) compare(key.slice('base_model.model.'.length), adapter.readFloat32(key))
    for (const file of [expected, adapter, model]) file.close()
  })
})

it('the head that shared the weight of an adapted embedding keeps it as it was, and is a weight of its own', () => {
  const output = join(folder, 'llama-lora-embedding-tied')
  expect(readConfig(output).tie_word_embeddings).toBe(false)
  const [base, model] = [openModelFolder(join(GOLDEN, 'llama-lora-embedding-tied/base')), openModelFolder(output)]
  const [before, after] = [base, model].map((one) => one.readFloat32('model.embed_tokens.weight'))
  expect(model.readFloat32('lm_head.weight')).toEqual(before)
  expect(after).not.toEqual(before)
  for (const one of [base, model]) one.close()
})

it('a classifier keeps the names of its classes and its class for transformers', async () => {
  const { architectures, id2label } = readConfig(join(folder, 'bert-dora-classifier'))
  expect(architectures).toEqual(['BertForSequenceClassification'])
  expect(Object.keys(id2label as object)).toEqual(['0', '1', '2'])
})

describe('an adapter is refused', () => {
  const of = (name: string) => join(GOLDEN, name, 'adapter')
  const base = (name: string) => join(GOLDEN, name, 'base')
  const refusal = (model: string, adapter: string, output = join(folder, 'refused')) =>
    rejectionOf(merged(model, adapter, output))

  it('whose base is another model, with every layer that does not fit', async () => {
    const { details } = await refusal(base('gpt2-full'), of('llama-dora'))
    expect(details.length).toBeGreaterThan(5)
    expect(details[0]).toMatch(/^target_modules: no linear layer or embedding of this model is called model\.layers\./)
    const shapes = await refusal(base('phi3-dora-fused'), of('llama-dora'))
    expect(shapes.details.length).toBeGreaterThan(3)
    expect(existsSync(join(folder, 'refused'))).toBe(false)
  })

  it('whose task or settings the studio does not know', async () => {
    const copy = join(folder, 'odd')
    cpSync(of('llama-dora'), copy, { recursive: true })
    const path = join(copy, 'adapter_config.json')
    const config = JSON.parse(readFileSync(path, 'utf8'))
    writeFileSync(path, JSON.stringify({ ...config, task_type: 'SEQ_2_SEQ_LM' }))
    expect((await refusal(base('llama-dora'), copy)).message).toContain('task_type SEQ_2_SEQ_LM is not supported')
    writeFileSync(path, JSON.stringify({ ...config, peft_type: 'IA3', bias: 3 }))
    const { details } = await refusal(base('llama-dora'), copy)
    expect(details).toEqual([expect.stringContaining('"peft_type" is "IA3"'), expect.stringContaining('"bias" is 3')])
  })

  it('whose embedding is of another size, was trained on another one, or is tied to an adapted head', async () => {
    const name = 'llama-lora-embedding-tied'
    const [copy, path] = [join(folder, 'other-embedding'), 'model.embed_tokens']
    cpSync(of(name), copy, { recursive: true })
    const file = openSafetensors(join(of(name), 'adapter_model.safetensors'))
    const tensors = [...file.tensors].map(([key, { shape }]) => {
      const other = { name: key, dtype: 'F32' as const, shape, data: file.readFloat32(key) }
      if (key.endsWith('base_layer.weight')) other.data[40] = (other.data[40] as number) + 0.01
      return other
    })
    file.close()
    await writeSafetensors(join(copy, 'adapter_model.safetensors'), tensors)
    const key = `base_model.model.${path}`
    expect((await refusal(base(name), copy)).details).toEqual([
      `"${key}.base_layer.weight" is not the base model's weight: they differ at element 40`,
    ])
    const small = tensors.map((one) =>
      one.name.endsWith('embedding_A') ? { ...one, shape: [3, 96], data: one.data.slice(0, 3 * 96) } : one,
    )
    await writeSafetensors(join(copy, 'adapter_model.safetensors'), small)
    expect((await refusal(base(name), copy)).details).toContain(`"${key}.lora_embedding_A" is [3,96], wanted [3,97]`)
    const config = join(copy, 'adapter_config.json')
    writeFileSync(config, JSON.stringify({ ...JSON.parse(readFileSync(config, 'utf8')), ensure_weight_tying: true }))
    const { details, hint } = await refusal(base(name), copy)
    expect(details).toEqual([expect.stringContaining(`the output head as it changes ${path}, wanted false`)])
    expect(hint).toContain('Merge it with PEFT')
  })

  it('that is a prefix, which no weight can hold', async () => {
    for (const name of ADAPTERS.filter(isPrefix)) {
      expect((await refusal(base(name), of(name))).message).toContain('Prefix tuning cannot be merged')
    }
  })

  it('where it would be written over something', async () => {
    expect(await refusal(base('llama-dora'), of('llama-dora'), GOLDEN)).toMatchObject({ code: 'conflict' })
  })
})
