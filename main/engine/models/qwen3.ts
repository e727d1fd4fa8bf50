import { decoder } from './decoder.ts'
import { decoderBasics, modelRope, plainDecoder } from './decoder-fields.ts'
import type { ModelFamily } from './model.ts'
import { qwenWindows } from './qwen2.ts'

/** Qwen3 (arXiv 2505.09388): Llama with RMSNorm on each head's queries and keys. */
export const qwen3: ModelFamily = {
  modelType: 'qwen3',
  fromConfig: (json, task) => {
    const defaults = { modelType: 'qwen3', maxPositions: 32_768, tied: false, size: 128 }
    const basics = decoderBasics(json, defaults)
    const attention = basics.fields.flag('attention_bias', false)
    const biases = { qkv: attention, output: attention, mlp: false }
    const differences = { biases, headNorms: true }
    return decoder(plainDecoder(basics, modelRope(json, basics, 10_000), qwenWindows(json, basics), differences), task)
  },
}
