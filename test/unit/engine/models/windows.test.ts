import { expect, test } from 'vitest'
import { decoderBasics, layerWindows } from '../../../../main/engine/models/decoder-fields.ts'

const SHAPE = { vocab_size: 64, hidden_size: 16, intermediate_size: 32, num_hidden_layers: 3, num_attention_heads: 2 }

/** Windows of three layers, of which the rule lets the first slide. */
function windowsOf(fields: Readonly<Record<string, unknown>>) {
  const json = { ...SHAPE, ...fields }
  const basics = decoderBasics(json, { modelType: 'qwen2', maxPositions: 128, tied: false })
  return layerWindows(json, basics, (layer) => layer === 0)
}

test("a sliding window that config.json does not give is transformers' 4,096", () => {
  expect(windowsOf({})).toEqual([4096, null, null])
  expect(windowsOf({ sliding_window: 8 })).toEqual([8, null, null])
  const layer_types = ['full_attention', 'sliding_attention', 'sliding_attention']
  expect(windowsOf({ layer_types })).toEqual([null, 4096, 4096])
})

test('other kinds of layers are refused by name', () => {
  expect(() => windowsOf({ layer_types: ['chunked_attention'] })).toThrow(/layer_types that are not 3 of/)
})
