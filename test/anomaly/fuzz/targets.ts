import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openModelFolder } from '../../../main/engine/formats/model-folder.ts'
import { openSafetensors } from '../../../main/engine/formats/safetensors.ts'
import { formatRunConfig, parseRunConfig } from '../../../main/host/services/config-text.ts'
import { runConfigSchema } from '../../../shared/domain/run-config.ts'
import { DATA, dataTarget, parquet, TALKS } from './data-targets.ts'
import { MODEL_CONFIGS, modelTarget } from './model-targets.ts'
import { spoilBytes, spoilHeader, spoilLines } from './mutate.ts'
import { type FuzzTarget, json, text } from './target.ts'
import { CHAT_TEMPLATE, useTokenizer, writeAll, writeTokenizer } from './tokenizer-files.ts'
import { adapterOf, readAdapter, readCheckpoint, weightFile } from './weight-files.ts'

/** Every reader that is given files of strangers. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'safetensors',
    prepare: async (folder) => {
      await weightFile(join(folder, 'model.safetensors'))
      return join(folder, 'model.safetensors')
    },
    mutators: [spoilHeader, spoilHeader, spoilBytes],
    read: (path) => {
      const file = openSafetensors(path)
      try {
        for (const name of file.tensors.keys()) file.readFloat32(name)
      } finally {
        file.close()
      }
    },
  },
  {
    name: 'shard index',
    prepare: async (folder) => {
      await weightFile(join(folder, 'model-00001-of-00001.safetensors'))
      const home = 'model-00001-of-00001.safetensors'
      writeAll(folder, {
        'model.safetensors.index.json': {
          metadata: { total_size: 96 },
          weight_map: { 'a.weight': home, b: home, c: home },
        },
      })
      return join(folder, 'model.safetensors.index.json')
    },
    mutators: json,
    read: (file) => {
      const folder = openModelFolder(dirname(file))
      for (const name of folder.names) folder.readFloat32(name)
      folder.close()
    },
  },
  ...Object.keys(MODEL_CONFIGS).map(modelTarget),
  {
    name: 'tokenizer.json',
    prepare: (folder) => {
      writeTokenizer(folder)
      return join(folder, 'tokenizer.json')
    },
    mutators: json,
    read: (file) => useTokenizer(dirname(file)),
    places: /prompt_template/,
  },
  {
    name: 'tokenizer_config.json',
    prepare: (folder) => {
      writeTokenizer(folder)
      return join(folder, 'tokenizer_config.json')
    },
    mutators: json,
    read: (file) => useTokenizer(dirname(file)),
    places: /prompt_template/,
  },
  {
    name: 'chat_template.jinja',
    prepare: (folder) => {
      writeTokenizer(folder)
      writeAll(folder, { 'chat_template.jinja': CHAT_TEMPLATE })
      return join(folder, 'chat_template.jinja')
    },
    mutators: [spoilBytes, spoilLines],
    read: (file) => useTokenizer(dirname(file)),
    places: /prompt_template/,
  },
  dataTarget('rows.jsonl', `${DATA.join('\n')}\n`),
  dataTarget('rows.json', `[${DATA.join(',\n')}]`),
  dataTarget('talks.jsonl', `${TALKS.map((row) => JSON.stringify(row)).join('\n')}\n`),
  dataTarget('rows.csv', 'instruction,output\r\n"Name it, ""please"".",oak\r\nb,"c\nü"\r\n'),
  dataTarget('rows.parquet', parquet('zstd'), [spoilBytes]),
  dataTarget('talks.parquet', parquet('kinds'), [spoilBytes]),
  dataTarget('notes.txt', 'The oak is tall.\n\nThe ash is taller,\nthey say.\n', [spoilBytes, spoilLines]),
  { name: 'adapter_config.json', prepare: adapterOf('adapter_config.json'), mutators: json, read: readAdapter },
  {
    name: 'adapter weights',
    prepare: adapterOf('adapter_model.safetensors'),
    mutators: [spoilHeader, spoilBytes],
    read: readAdapter,
  },
  {
    name: 'checkpoint weights',
    prepare: adapterOf('optimizer.safetensors'),
    mutators: [spoilHeader, spoilBytes],
    read: readCheckpoint,
  },
  { name: 'trainer_state.json', prepare: adapterOf('trainer_state.json'), mutators: json, read: readCheckpoint },
  {
    name: 'run file',
    prepare: (folder) => {
      const config = runConfigSchema.parse({ model_name_or_path: './model', train_file: './train.jsonl' })
      writeAll(folder, { 'run.yaml': formatRunConfig(config) })
      return join(folder, 'run.yaml')
    },
    mutators: text,
    read: (file) => {
      const { model_name_or_path: model } = parseRunConfig(readFileSync(file, 'utf8'), dirname(file))
      if (typeof model !== 'string') throw new Error('A run file without a model was accepted.')
    },
    places: /run file|[a-z_]+/,
  },
]
