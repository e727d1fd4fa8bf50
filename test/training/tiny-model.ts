import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeSafetensors } from '../../main/engine/formats/write-safetensors.ts'
import { modelFromConfig } from '../../main/engine/models/index.ts'
import type { ModelTask } from '../../main/engine/models/model.ts'
import { seededRandom } from '../../main/engine/random.ts'

export const DEMO = join(import.meta.dirname, '../../resources/demo')

/**
 * A model folder that trains in a moment: two narrow layers with random weights, and the demo model's tokenizer; `fields`
 * go into its config.json.
 */
export async function tinyModel(
  folder: string,
  model_type = 'llama',
  task?: ModelTask,
  fields: object = {},
): Promise<string> {
  mkdirSync(folder, { recursive: true })
  const config = {
    model_type,
    vocab_size: 6144,
    hidden_size: 16,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    ...(model_type === 'llama' && { num_key_value_heads: 1 }),
    max_position_embeddings: 512,
    tie_word_embeddings: true,
    eos_token_id: 0,
    pad_token_id: 1,
    // The same in GPT-2's words.
    ...(model_type === 'gpt2' && { n_embd: 16, n_layer: 2, n_head: 2, n_positions: 512 }),
    ...fields,
  }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) cpSync(join(DEMO, 'model', name), join(folder, name))
  const tensors = modelFromConfig(config, task).description.parameters.map(({ name, shape }) => {
    const random = seededRandom(7, name)
    const size = shape.reduce((product, dim) => product * dim, 1)
    const data = Float32Array.from(
      { length: size },
      () => (/norm\.weight$/i.test(name) ? 1 : 0) + 0.2 * (random() - 0.5),
    )
    return { name, dtype: 'F32' as const, shape, data }
  })
  await writeSafetensors(join(folder, 'model.safetensors'), tensors)
  return folder
}
