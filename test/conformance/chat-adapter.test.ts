import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { openSafetensors } from '../../main/engine/formats/safetensors.ts'
import { openGenerator } from '../../main/engine/generate/generator.ts'
import { resolveTask } from '../../main/engine/generate/responder.ts'
import { runConfigSchema } from '../../shared/domain/run-config.ts'
import { sharedFolder } from '../temporary-folder.ts'
import { rejectionOf } from '../unit/engine/thrown-by.ts'
import { relativeError } from './programs.ts'

const GOLDEN = join(import.meta.dirname, 'golden')
const taskOf = (name: string): string => {
  const path = join(GOLDEN, name, 'adapter/adapter_config.json')
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).task_type : 'none'
}
const TALKERS = readdirSync(GOLDEN).filter((name) => taskOf(name) === 'CAUSAL_LM')

const backend = await tensorflowBackend()
const folder = sharedFolder()

const resolved = (base: string, adapter: string) =>
  resolveTask({
    type: 'chat',
    config: runConfigSchema.parse({ model_name_or_path: base, train_file: 'none' }),
    checkpoint: null,
    runFolder: null,
    adapter,
  })

/** Text and logits [vocab] behind its last token, as PEFT computed them. */
function expectation(name: string) {
  const file = openSafetensors(join(GOLDEN, name, 'expected.safetensors'))
  const [, length = 0, vocab = 0] = file.tensors.get('logits')?.shape ?? []
  const words = (tensor: string) => [...new BigInt64Array(file.readRaw(tensor).buffer)].slice(0, length).map(Number)
  const real = words('attention_mask').reduce((sum, one) => sum + one, 0)
  const logits = file.readFloat32('logits').subarray((real - 1) * vocab, real * vocab)
  const ids = words('input_ids').slice(0, real)
  file.close()
  return { ids, logits }
}

it.each(TALKERS)('the adapter that PEFT wrote for %s answers on its base as it does there', async (name) => {
  const { ids, logits } = expectation(name)
  const { config, checkpoint } = await resolved(join(GOLDEN, name, 'base'), join(GOLDEN, name, 'adapter'))
  const generator = await openGenerator(backend, { config, checkpoint })
  expect(relativeError(await generator.feed(ids, 0), logits)).toBeLessThan(1e-5)
  generator.dispose()
})

it('an adapter whose base is another model is refused with everything that does not fit', async () => {
  const { details } = await rejectionOf(
    resolved(join(GOLDEN, 'phi3-dora-fused/base'), join(GOLDEN, 'llama-dora/adapter')),
  )
  expect(details.length).toBeGreaterThan(3)
})

it('what is asked for beside the adapter stays, and a task without answers is refused', async () => {
  const base = join(GOLDEN, 'bert-dora-classifier/base')
  const { config, labels } = await resolved(base, join(GOLDEN, 'bert-dora-classifier/adapter'))
  expect(config).toMatchObject({ task_type: 'SEQ_CLS', method: 'dora', prompt_template: 'auto' })
  expect(labels).toHaveLength(3)
  const tokens = join(GOLDEN, 'bert-dora-tokens')
  expect((await rejectionOf(resolved(join(tokens, 'base'), join(tokens, 'adapter')))).message).toContain('labels words')
  const copy = join(folder, 'odd')
  cpSync(join(GOLDEN, 'llama-dora/adapter'), copy, { recursive: true })
  writeFileSync(join(copy, 'adapter_config.json'), '{"peft_type":"IA3"}')
  expect((await rejectionOf(resolved(join(GOLDEN, 'llama-dora/base'), copy))).details[0]).toContain(
    '"peft_type" is "IA3"',
  )
})
