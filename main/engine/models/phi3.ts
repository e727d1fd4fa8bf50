import { decoder } from './decoder.ts'
import { decoderBasics, modelRope, plainDecoder } from './decoder-fields.ts'
import type { ModelFamily } from './model.ts'

/** Phi-3, Phi-3.5 and Phi-4 (arXiv 2404.14219): Llama with fused projections, in part with partial and long rotation. */
export const phi3: ModelFamily = {
  modelType: 'phi3',
  fromConfig: (json, task) => {
    const defaults = { modelType: 'phi3', maxPositions: 4096, tied: false, padding: 32_000, epsilon: 1e-5 }
    const basics = decoderBasics(json, defaults)
    const { fields } = basics
    // The length that was trained stands beside the scaling, not in it.
    const trained = { original_max_position_embeddings: fields.count('original_max_position_embeddings', 1e8, 4096) }
    const window = json.sliding_window == null ? null : fields.count('sliding_window', 100_000_000)
    const windows = Array.from({ length: basics.layerCount }, () => window)
    const dropouts = { ...basics.dropouts, resid_pdrop: fields.rate('resid_pdrop', 0) }
    const rope = modelRope(json, basics, 10_000, trained)
    return decoder(plainDecoder(basics, rope, windows, { fused: true, dropouts }), task)
  },
}
