import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  adapterConfigJson,
  type PeftSettings,
  prefixConfigJson,
  readAdapterConfig,
} from '../../../../main/engine/formats/peft-config.ts'
import { runConfigSchema } from '../../../../shared/domain/run-config.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { thrownBy } from '../thrown-by.ts'

const golden = (name: string) => join(import.meta.dirname, '../../../conformance/golden', name, 'adapter')
const settings: PeftSettings = {
  config: runConfigSchema.parse({ model_name_or_path: 'base', train_file: 'x', use_rslora: true }),
  form: { type: 'LORA', useDora: true },
  taskType: 'CAUSAL_LM',
  r: 3,
  alpha: 6,
  rankPattern: {},
  alphaPattern: {},
  targets: ['q_proj', 'v_proj'],
  fanInFanOut: false,
  savedModules: null,
  tied: false,
}

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
  expect(readAdapterConfig(golden('llama-vera'))).toMatchObject({ peft_type: 'VERA', r: 8 })
})

test.each([
  ['llama-dora-rslora', settings],
  ['llama-vera', { ...settings, form: { type: 'VERA', useDora: false }, r: 8 }],
] as const)(
  'a written configuration has the keys and values of PEFT’s own for %s, sorted, and is read back',
  (name, given) => {
    const folder = temporaryFolder()
    const text = adapterConfigJson(given)
    writeFileSync(join(folder, 'adapter_config.json'), text)
    expect(readAdapterConfig(folder)).toMatchObject({ peft_type: given.form.type, r: given.r })
    const ours = JSON.parse(text) as Record<string, unknown>
    const theirs = JSON.parse(readFileSync(join(golden(name), 'adapter_config.json'), 'utf8'))
    const { base_model_name_or_path, target_modules, ...others } = ours
    expect(base_model_name_or_path).toBe('base')
    expect(target_modules).toEqual(settings.targets)
    expect(theirs).toMatchObject(others)
    expect(Object.keys(ours)).toEqual(Object.keys(ours).sort())
  },
)

test('a written configuration of a prefix has the keys and values of PEFT’s own, sorted, and is read back', () => {
  const folder = temporaryFolder()
  const config = runConfigSchema.parse({ model_name_or_path: 'base', train_file: 'x', num_virtual_tokens: 5 })
  const text = prefixConfigJson({ config, layers: 2, keys: { groups: 2, size: 8 }, savedModules: ['lm_head'] })
  writeFileSync(join(folder, 'adapter_config.json'), text)
  expect(readAdapterConfig(folder)).toMatchObject({ peft_type: 'PREFIX_TUNING', num_virtual_tokens: 5 })
  const theirs = readFileSync(join(golden('llama-prefix-saved-head'), 'adapter_config.json'), 'utf8')
  expect(text.trim()).toBe(
    theirs.replace('"base_model_name_or_path": null', '"base_model_name_or_path": "base"').trim(),
  )
})

test('a prefix that cannot be honoured is refused with every field', () => {
  const folder = temporaryFolder()
  const given = { peft_type: 'PREFIX_TUNING', num_transformer_submodules: 2, modules_to_save: 'lm_head' }
  writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify(given))
  expect(thrownBy(() => readAdapterConfig(folder)).details).toEqual([
    '"num_virtual_tokens" is missing, wanted a whole number from 1 to 65536',
    '"num_transformer_submodules" is 2, wanted 1 or null',
    '"modules_to_save" is "lm_head", wanted null or a list of texts',
  ])
})

test('every field that cannot be honoured is listed', () => {
  const folder = temporaryFolder()
  writeFileSync(
    join(folder, 'adapter_config.json'),
    JSON.stringify({
      peft_type: 'IA3',
      r: 0,
      lora_bias: true,
      target_modules: [],
      rank_pattern: { q: 0 },
      init_lora_weights: 'pissa',
    }),
  )
  const { code, details } = thrownBy(() => readAdapterConfig(folder))
  expect(code).toBe('bad-file')
  expect(details).toEqual([
    '"peft_type" is "IA3", wanted "LORA", "VERA" or "PREFIX_TUNING"',
    '"r" is 0, wanted a whole number from 1 to 65536',
    '"target_modules" is [], wanted a text or a list of texts',
    '"lora_bias" is true, wanted false',
    '"rank_pattern" is {"q":0}, wanted an object of whole numbers above 0',
    '"init_lora_weights" is "pissa", wanted a start that leaves the base weights as they are',
  ])
})
