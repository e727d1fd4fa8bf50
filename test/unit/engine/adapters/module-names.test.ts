import { expect, test } from 'vitest'
import { isTarget, layerNumber, nameMatches, patternValue } from '../../../../main/engine/adapters/module-names.ts'
import { runConfigSchema } from '../../../../shared/domain/run-config.ts'

const module = 'model.layers.1.self_attn.q_proj'
const linear = { module, inFeatures: 4, outFeatures: 4, bias: false, layer: 1 }
const config = (extra: object) => runConfigSchema.parse({ model_name_or_path: 'x', train_file: 'x', ...extra })

test('a name matches a whole path or its end from a dot on', () => {
  expect(nameMatches(module, 'q_proj')).toBe(true)
  expect(nameMatches(module, 'self_attn.q_proj')).toBe(true)
  expect(nameMatches(module, module)).toBe(true)
  expect(nameMatches(module, 'proj')).toBe(false)
})

test('the first pattern that matches the end of a path gives the value', () => {
  expect(patternValue({ k_proj: 1, q_proj: 2 }, module, 9)).toBe(2)
  expect(patternValue({ '.*self_attn.*': 3, q_proj: 2 }, module, 9)).toBe(3)
  expect(patternValue({ 'layers\\.[12]\\.self_attn\\.q_proj': 4 }, module, 9)).toBe(4)
  expect(patternValue({ proj: 5 }, module, 9)).toBe(9)
  expect(patternValue({ '^q_proj': 6 }, module, 9)).toBe(9)
})

test('the number of a layer is the first behind the name of a list', () => {
  expect(layerNumber(module, null)).toBe(1)
  expect(layerNumber('model.layers.3.experts.7.w1', null)).toBe(3)
  expect(layerNumber('model.layers.3.experts.7.w1', ['experts'])).toBe(7)
  expect(layerNumber(module, ['h'])).toBe(null)
  expect(layerNumber('lm_head', null)).toBe(null)
})

test('layers_to_transform leaves out the other layers', () => {
  expect(isTarget(linear, config({ layers_to_transform: [0, 1] }))).toBe(true)
  expect(isTarget(linear, config({ layers_to_transform: [0] }))).toBe(false)
  expect(isTarget(linear, config({ layers_to_transform: [1], layers_pattern: ['h'] }))).toBe(false)
  expect(isTarget({ ...linear, head: true }, config({ target_modules: 'all-linear' }))).toBe(false)
})
