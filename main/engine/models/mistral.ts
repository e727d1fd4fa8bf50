import { decoder } from './decoder.ts'
import { decoderBasics, modelRope, plainDecoder } from './decoder-fields.ts'
import type { ModelFamily } from './model.ts'

/** Mistral (arXiv 2310.06825): Llama whose queries may see a sliding window of keys. */
export const mistral: ModelFamily = {
  modelType: 'mistral',
  fromConfig: (json, task) => {
    const basics = decoderBasics(json, { modelType: 'mistral', maxPositions: 131_072, tied: false })
    // Absent means 4096, null means none: transformers makes the same difference.
    const window = json.sliding_window === null ? null : basics.fields.count('sliding_window', 100_000_000, 4096)
    const windows = Array.from({ length: basics.layerCount }, () => window)
    return decoder(plainDecoder(basics, modelRope(json, basics, 10_000), windows), task)
  },
}
