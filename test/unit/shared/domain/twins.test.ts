import { expect, test } from 'vitest'
import { StudioError } from '../../../../shared/domain/error.ts'
import { METHOD_KINDS, METHODS } from '../../../../shared/domain/method.ts'
import { runConfigSchema } from '../../../../shared/domain/run-config.ts'
import { twinConfigs } from '../../../../shared/domain/twins.ts'

const CONFIG = runConfigSchema.parse({
  run_name: 'kinds',
  model_name_or_path: '/m',
  train_file: '/t.jsonl',
  learning_rate: 0.002,
  seed: 7,
  lora_dropout: 0.1,
  magnitude_only_modules: ['o_proj'],
})

test('twins differ in method, name, and what a method has no use for', () => {
  const [dora, lora, prefix] = twinConfigs(CONFIG, ['dora', 'lora', 'prefix', 'lora'])
  expect(dora).toEqual({ ...CONFIG, run_name: 'kinds (DoRA)' })
  expect(lora).toEqual({ ...CONFIG, method: 'lora', run_name: 'kinds (LoRA)', magnitude_only_modules: [] })
  expect(prefix).toMatchObject({ method: 'prefix', lora_dropout: 0, learning_rate: 0.002, seed: 7 })
})

test('whatever the methods, twins are configurations, and share all that is no method’s own', () => {
  const own = new Set<string>(Object.values(METHODS).flatMap(({ fields }) => [...fields]))
  const twins = twinConfigs({ ...CONFIG, run_name: 'n'.repeat(120) }, METHOD_KINDS)
  expect(new Set(twins.map(({ run_name }) => run_name)).size).toBe(METHOD_KINDS.length)
  for (const twin of twins) {
    expect(runConfigSchema.parse(twin)).toEqual(twin)
    const shared = (config: object) =>
      Object.entries(config).filter(([name]) => !own.has(name) && name !== 'method' && name !== 'run_name')
    expect(shared(twin)).toEqual(shared(CONFIG))
  }
})

test('an adapter to start from is of one method alone', () => {
  expect(() => twinConfigs({ ...CONFIG, adapter_name_or_path: '/a' }, ['dora', 'lora'])).toThrow(StudioError)
})
