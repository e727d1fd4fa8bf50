import { decoder } from './decoder.ts'
import { decoderBasics, modelRope, plainDecoder } from './decoder-fields.ts'
import type { ModelFamily } from './model.ts'

/** Llama (arXiv 2302.13971, 2307.09288, 2407.21783). */
export const llama: ModelFamily = {
  modelType: 'llama',
  fromConfig: (json, task) => {
    const basics = decoderBasics(json, { modelType: 'llama', maxPositions: 2048, tied: false })
    const { fields, layerCount } = basics
    const attention = fields.flag('attention_bias', false)
    const biases = { qkv: attention, output: attention, mlp: fields.flag('mlp_bias', false) }
    const windows = Array.from({ length: layerCount }, () => null)
    return decoder(plainDecoder(basics, modelRope(json, basics, 10_000), windows, { biases }), task)
  },
}
