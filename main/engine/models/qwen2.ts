import { decoder } from './decoder.ts'
import { decoderBasics, layerWindows, modelRope, plainDecoder } from './decoder-fields.ts'
import type { ModelFamily } from './model.ts'

/** Qwen2 and Qwen2.5 (arXiv 2407.10671): Llama with biases on queries, keys and values. */
export const qwen2: ModelFamily = {
  modelType: 'qwen2',
  fromConfig: (json, task) => {
    const basics = decoderBasics(json, { modelType: 'qwen2', maxPositions: 32_768, tied: false })
    const biases = { qkv: true, output: false, mlp: false }
    return decoder(plainDecoder(basics, modelRope(json, basics, 10_000), qwenWindows(json, basics), { biases }), task)
  },
}

/** Qwen's layers from max_window_layers on slide, if use_sliding_window is set. */
export function qwenWindows(json: Readonly<Record<string, unknown>>, basics: ReturnType<typeof decoderBasics>) {
  const { fields, layerCount } = basics
  const slides = fields.flag('use_sliding_window', false) && json.sliding_window !== null
  const from = slides ? fields.count('max_window_layers', 1000, 28) : layerCount
  const windows = layerWindows(json, basics, (layer) => layer >= from)
  return slides ? windows : windows.map(() => null)
}
