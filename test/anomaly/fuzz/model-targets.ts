import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readConfig } from '../../../main/engine/formats/model-folder.ts'
import { modelFromConfig } from '../../../main/engine/models/index.ts'
import { tinyModel } from '../../training/tiny-model.ts'
import { lookAtModel } from './looks.ts'
import { type FuzzTarget, json } from './target.ts'
import { writeTokenizerInto } from './tokenizer-files.ts'

export const MODEL_CONFIGS: Readonly<Record<string, object>> = {
  llama: {
    rope_scaling: {
      rope_type: 'llama3',
      factor: 8,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 64,
    },
  },
  gpt2: {},
  bert: {},
}

export const modelTarget = (type: string): FuzzTarget => ({
  name: `config.json of ${type}`,
  prepare: async (folder) => {
    await tinyModel(folder, type, type === 'bert' ? { type: 'FEATURE_EXTRACTION' } : undefined)
    writeTokenizerInto(folder)
    const config = { ...readConfig(folder), ...MODEL_CONFIGS[type] }
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
    return join(folder, 'config.json')
  },
  mutators: json,
  read: (file) => {
    lookAtModel(file)
    modelFromConfig(readConfig(dirname(file)), { type: type === 'bert' ? 'FEATURE_EXTRACTION' : 'CAUSAL_LM' })
  },
  places: /config\.json/,
})
