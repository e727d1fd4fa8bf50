import { readConfig } from '../formats/model-folder.ts'
import { foreignAdapter } from '../train/foreign-adapter.ts'
import { taskWith } from '../train/task.ts'
import { unmergeable } from './merge-model.ts'
import type { MergeSource } from './merge-source.ts'
import { randomPrompts } from './random-prompts.ts'

/** An adapter folder as PEFT writes it, to be merged into its base. Proved on random tokens, since there is no data. */
export async function adapterSource(base: string, folder: string): Promise<MergeSource> {
  const { config, labels } = await foreignAdapter(base, folder)
  if (config.method === 'prefix') throw unmergeable('prefix')
  return {
    config,
    checkpoint: folder,
    task: async (model) => taskWith(config, readConfig(model), labels, model),
    prompts: async ({ model }) => randomPrompts(config, model.description),
  }
}
