import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadData } from '../../../main/engine/data/load-data.ts'
import { readRows } from '../../../main/engine/data/read-rows.ts'
import { runConfigSchema } from '../../../shared/domain/run-config.ts'
import { lookAtData } from './looks.ts'
import type { Mutator } from './mutate.ts'
import { type FuzzTarget, text } from './target.ts'
import { writeTokenizer } from './tokenizer-files.ts'

export const DATA = [
  '{"instruction":"Name it.","input":"a tall tree","output":"oak"}',
  '{"instruction":"b","output":"c ü"}',
]
export const TALKS = [
  {
    messages: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Hello' },
    ],
    system: 'Be kind.',
  },
  {
    conversations: [
      { from: 'human', value: 'a' },
      { from: 'gpt', value: [{ type: 'text', text: 'b' }] },
    ],
  },
]
export const parquet = (name: string) =>
  readFileSync(join(import.meta.dirname, `../../unit/engine/data/parquet/${name}.parquet`))
/** A data file, read bare and as a run's. */
export const dataTarget = (
  name: string,
  content: string | Buffer,
  mutators: readonly Mutator[] = text,
): FuzzTarget => ({
  name,
  prepare: (folder) => {
    writeTokenizer(folder)
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  },
  mutators,
  read: async (file) => {
    await lookAtData(file)
    const config = runConfigSchema.parse({ model_name_or_path: dirname(file), train_file: file, max_seq_length: 64 })
    await readRows(file)
    await loadData(config, { vocabSize: 64, maxPositions: 64, outputs: 64 })
  },
})
