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
    'target_modules: no linear layer of this model is called q_proj',
    'magnitude_only_modules: no linear layer of this model is called v_proj',
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
