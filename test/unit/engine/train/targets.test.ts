import { expect, test } from 'vitest'
import type { ModelDescription } from '../../../../main/engine/models/model.ts'
import { targetLinears } from '../../../../main/engine/train/targets.ts'
import { runConfigSchema } from '../../../../shared/domain/run-config.ts'
import { toyModel } from '../../../conformance/toy.ts'
import { thrownBy } from '../thrown-by.ts'

const config = (extra: object) =>
  runConfigSchema.parse({ model_name_or_path: 'x', train_file: 'x', target_modules: ['up'], ...extra })
const model: ModelDescription = toyModel.description
const faults = (extra: object) => thrownBy(() => targetLinears(model, config(extra)))

test('names, layers and patterns that match nothing are all listed in one error', () => {
  const { code, message, details, hint } = faults({
    target_modules: ['up', 'q_proj'],
    magnitude_only_modules: ['v_proj'],
    modules_to_save: ['score'],
    rank_pattern: { down: 3, '(': 4 },
    layers_to_transform: [5],
  })
  expect(code).toBe('bad-config')
  expect(details).toEqual([
    'target_modules: no linear layer or embedding of this model is called q_proj',
    'magnitude_only_modules: no linear layer or embedding of this model is called v_proj',
    'modules_to_save: no module of this model is called score',
    'layers_to_transform: there is no layer 5',
    'rank_pattern: down matches no target layer',
    'rank_pattern: "(" is no regular expression',
  ])
  expect(message).toContain('(6 faults in all)')
  expect(hint).toContain('up, down')
})

test('settings that a method has no use for are refused', () => {
  expect(faults({ method: 'lora', magnitude_only_modules: ['down'], detach_norm: false }).details).toEqual([
    'magnitude_only_modules: LoRA has no use for it',
    'detach_norm: LoRA has no use for it',
  ])
  expect(faults({ method: 'vera', rank_pattern: { up: 2 } }).details).toEqual(['rank_pattern: VeRA has no use for it'])
  expect(faults({ adapter_name_or_path: '/x', init_lora_weights: 'pissa' }).details).toEqual([
    'init_lora_weights: the values come from adapter_name_or_path, so it must be true',
  ])
})

test('a layer is not both adapted and trained whole', () => {
  expect(faults({ modules_to_save: ['up'] }).message).toContain('up is already trained whole')
})

test('magnitude-only layers come beside the targets, in model order', () => {
  const targets = targetLinears(model, config({ target_modules: ['down'], magnitude_only_modules: ['up'] }))
  expect(targets.map(({ module }) => module)).toEqual(['up', 'down'])
})

test('a prefix needs no target, and refuses what only layers have', () => {
  const prefix = { method: 'prefix', target_modules: ['nowhere'] }
  expect(targetLinears(model, config(prefix))).toEqual([])
  const whole = { bias: 'all', layers_to_transform: [0], lora_dropout: 0.1 }
  const { details } = faults({ ...prefix, ...whole, prefix_projection: true, adapter_name_or_path: 'there' })
  expect(details).toEqual([
    'lora_dropout: Prefix tuning has no use for it',
    'bias: Prefix tuning has no use for it',
    'layers_to_transform: Prefix tuning has no use for it',
    'prefix_projection: the prefix of adapter_name_or_path has no network behind it, so it must be false',
  ])
  expect(faults({ prefix_projection: true }).message).toBe('prefix_projection: DoRA has no use for it.')
})

test('a prefix is not trained beside an embedding that is the head as well', () => {
  const saved = config({ method: 'prefix', modules_to_save: ['embed'] })
  const { message } = thrownBy(() => targetLinears({ ...model, tied: 'embed' }, saved))
  expect(message).toMatch(/^modules_to_save: embed is the output head as well/)
  expect(targetLinears(model, saved)).toEqual([])
})

test('embeddings are targets where they are named, before the layers, and all-linear leaves them out', () => {
  const names = (extra: object) => targetLinears(model, config(extra)).map(({ module }) => module)
  expect(names({ target_modules: ['down', 'embed'] })).toEqual(['embed', 'down'])
  expect(names({ target_modules: 'all-linear' })).toEqual(['up', 'down'])
  expect(names({ method: 'dvora', magnitude_only_modules: ['embed'] })).toEqual(['embed', 'up'])
})

test('an embedding is refused by methods without a rule for it, in a numbered layer, and where it is trained whole', () => {
  const named = { target_modules: ['embed', 'up'] }
  for (const [method, label] of [
    ['vera', 'VeRA'],
    ['dvora', 'DVoRA'],
    ['series', 'Series adapter'],
  ])
    expect(faults({ ...named, method }).details).toEqual([
      `target_modules: ${label} has no rule for embeddings such as embed`,
    ])
  expect(faults({ ...named, layers_to_transform: [0] }).details).toEqual([
    'layers_to_transform: embed is in no layer, so it would be left out',
  ])
  expect(faults({ ...named, modules_to_save: ['embed'] }).message).toContain('embed is already trained whole')
  expect(faults({ target_modules: ['embedding'] }).hint).toContain('Its embeddings are called embed.')
})
