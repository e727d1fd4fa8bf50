import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  ADAPTER_PARTS,
  adapterConfigJson,
  adapterKey,
  readAdapterConfig,
} from '../../../../main/engine/formats/peft-config.ts'
import { openSafetensors } from '../../../../main/engine/formats/safetensors.ts'
import { runConfigSchema } from '../../../../shared/domain/run-config.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { thrownBy } from '../thrown-by.ts'

const golden = (name: string) => join(import.meta.dirname, '../../../conformance/golden', name, 'adapter')
const settings = runConfigSchema.parse({
  model_name_or_path: 'base',
  train_file: 'x',
  r: 3,
  lora_alpha: 6,
  use_rslora: true,
})

test('PEFT configurations of the golden cases are read', () => {
  expect(readAdapterConfig(golden('llama-lora'))).toMatchObject({
    r: 4,
    lora_alpha: 8,
    use_dora: false,
    use_rslora: false,
  })
  expect(readAdapterConfig(golden('llama-dora'))).toMatchObject({
    r: 4,
    lora_alpha: 8,
    use_dora: true,
    use_rslora: false,
  })
  expect(readAdapterConfig(golden('llama-dora-rslora'))).toMatchObject({ r: 3, use_dora: true, use_rslora: true })
})

test('a written configuration has PEFT’s keys and values, sorted, and is read back', () => {
  const folder = temporaryFolder()
  const text = adapterConfigJson(settings)
  writeFileSync(join(folder, 'adapter_config.json'), text)
  expect(readAdapterConfig(folder)).toMatchObject({ r: 3, lora_alpha: 6, use_dora: true, use_rslora: true })
  const ours = JSON.parse(text) as Record<string, unknown>
  const theirs = JSON.parse(readFileSync(join(golden('llama-dora-rslora'), 'adapter_config.json'), 'utf8'))
  const { base_model_name_or_path, target_modules, ...others } = ours
  expect(base_model_name_or_path).toBe('base')
  expect(target_modules).toEqual(settings.target_modules)
  expect(theirs).toMatchObject(others)
  expect(Object.keys(ours)).toEqual(Object.keys(ours).sort())
  expect(adapterConfigJson({ ...settings, method: 'lora' })).toContain('"use_dora": false')
})

test('keys are those of PEFT’s own files', () => {
  const file = openSafetensors(join(golden('llama-dora'), 'adapter_model.safetensors'))
  const module = 'model.layers.1.self_attn.q_proj'
  for (const part of ADAPTER_PARTS) expect([...file.tensors.keys()]).toContain(adapterKey(module, part))
  file.close()
})

test('every field that cannot be honoured is listed', () => {
  const folder = temporaryFolder()
  writeFileSync(
    join(folder, 'adapter_config.json'),
    JSON.stringify({ peft_type: 'VERA', r: 0, bias: 'all', target_modules: [], rank_pattern: { q: 2 } }),
  )
  const { code, details } = thrownBy(() => readAdapterConfig(folder))
  expect(code).toBe('bad-file')
  expect(details).toEqual([
    '"peft_type" is "VERA", wanted "LORA"',
    '"r" is 0, wanted a whole number from 1 to 65536',
    '"target_modules" is [], wanted a text or a list of texts',
    '"bias" is "all", wanted "none"',
    '"rank_pattern" is {"q":2}, wanted {}',
  ])
})
