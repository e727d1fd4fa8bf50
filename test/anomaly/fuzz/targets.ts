import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ADAPTERS } from '../../../main/engine/adapters/index.ts'
import { loadData } from '../../../main/engine/data/load-data.ts'
import { readRows } from '../../../main/engine/data/read-rows.ts'
import { templateOf } from '../../../main/engine/data/template.ts'
import { openTokenizer } from '../../../main/engine/data/tokenizer.ts'
import { openModelFolder, readConfig } from '../../../main/engine/formats/model-folder.ts'
import { openSafetensors } from '../../../main/engine/formats/safetensors.ts'
import { writeSafetensors } from '../../../main/engine/formats/write-safetensors.ts'
import { inspectData } from '../../../main/engine/inspect/data.ts'
import { inspectModel } from '../../../main/engine/inspect/model.ts'
import { modelFromConfig } from '../../../main/engine/models/index.ts'
import { openAdapter } from '../../../main/engine/train/adapter-import.ts'
import { openCheckpoint } from '../../../main/engine/train/checkpoint.ts'
import { layoutState } from '../../../main/engine/train/state.ts'
import { targetLinears } from '../../../main/engine/train/targets.ts'
import { formatRunConfig, parseRunConfig } from '../../../main/host/services/config-text.ts'
import { StudioError } from '../../../shared/domain/error.ts'
import { type RunConfigInput, runConfigSchema } from '../../../shared/domain/run-config.ts'
import { tinyModel } from '../../training/tiny-model.ts'
import { type Mutator, nestDeeply, spoilBytes, spoilHeader, spoilJson, spoilLines } from './mutate.ts'

/** A reader of files, and how the files are spoiled that it is given. */
export type FuzzTarget = {
  readonly name: string
  /** Writes sound files into an empty folder; answers with the one that will be spoiled. */
  readonly prepare: (folder: string) => string | Promise<string>
  readonly mutators: readonly Mutator[]
  /** Reads as the studio does; refuses by throwing a StudioError. */
  readonly read: (file: string) => void | Promise<void>
  /** What a refusal must name beside the file or its folder: fields of a run file, or a part of it. */
  readonly places?: RegExp
}

const json: readonly Mutator[] = [spoilJson, spoilJson, spoilJson, spoilBytes, nestDeeply]
const text: readonly Mutator[] = [
  ...Array<Mutator>(5).fill(spoilBytes),
  ...Array<Mutator>(4).fill(spoilLines),
  nestDeeply,
]

const DATA = ['{"instruction":"Name it.","input":"a tall tree","output":"oak"}', '{"instruction":"b","output":"c ü"}']
const TALKS = [
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
const parquet = (name: string) =>
  readFileSync(join(import.meta.dirname, `../../unit/engine/data/parquet/${name}.parquet`))
const CHAT_TEMPLATE = `{% for message in messages %}{{ '<|' + message['role'] + '|>' }}
{{ message['content'] | trim }}{{ eos_token }}
{% endfor %}{% if add_generation_prompt %}<|assistant|>
{% endif %}`
const TOKENIZER_CONFIG = {
  bos_token: '<s>',
  eos_token: '</s>',
  pad_token: { content: '<pad>' },
  chat_template: CHAT_TEMPLATE,
}

/** A byte-pair tokenizer with a vocabulary small enough to be changed often. */
function smallTokenizer(): object {
  const letters = [...'abcdefghijklmnopqrstuvwxyzĠ.<|>']
  const pieces = ['<s>', '</s>', '<pad>', ...letters, 'th', 'he', 'Ġt']
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: ['<s>', '</s>', '<pad>'].map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'Sequence',
      normalizers: [{ type: 'NFC' }, { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' }],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: '\\p{N}{1,3}' }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] } },
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges: [
        ['t', 'h'],
        ['h', 'e'],
        ['Ġ', 't'],
      ],
    },
  }
}

function writeAll(folder: string, files: Readonly<Record<string, string | object>>): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
}

const writeTokenizer = (folder: string) =>
  writeAll(folder, { 'tokenizer.json': smallTokenizer(), 'tokenizer_config.json': TOKENIZER_CONFIG, 'config.json': {} })

function useTokenizer(folder: string): void {
  const tokenizer = openTokenizer(folder)
  for (const sample of ['the oak', 'a  b 1234 ü𝕏', '</s>the<s>']) tokenizer.decode(tokenizer.encode(sample))
  tokenizer.wrap(tokenizer.encode('a'), tokenizer.encode('b'))
  if (tokenizer.chatTemplate === null) return
  templateOf('chat', tokenizer)({ kind: 'pair', line: 1, prompt: 'the', completion: 'oak' })
}

const VALUES = Float32Array.from({ length: 12 }, (_, i) => i / 7)
const weightFile = (path: string) =>
  writeSafetensors(path, [
    { name: 'a.weight', dtype: 'F32', shape: [3, 4], data: VALUES },
    { name: 'b', dtype: 'BF16', shape: [12], data: VALUES },
    { name: 'c', dtype: 'F16', shape: [2, 6], data: VALUES },
  ])

const TARGET_MODULES = ['q_proj', 'k_proj', 'v_proj', 'up_proj', 'down_proj']

/** A run of the tiny model that is laid out but not built. */
function tinyRun(model: string, settings: Partial<RunConfigInput> = {}) {
  const own = { model_name_or_path: model, train_file: 'none', target_modules: TARGET_MODULES, r: 2 }
  const config = runConfigSchema.parse({ ...own, ...settings })
  const { description } = modelFromConfig(readConfig(model))
  return {
    config,
    layout: layoutState(description, targetLinears(description, config), ADAPTERS[config.method], config, true),
  }
}

/** Files as a checkpoint of the tiny model has them, all zeros. */
async function writeAdapter(folder: string): Promise<void> {
  const model = join(folder, 'model')
  await tinyModel(model)
  const { layout } = tinyRun(model)
  const entries = [...layout.trainables, ...layout.frozen].flatMap(({ entries }) => entries)
  const zeros = (prefix: string) =>
    entries.map(({ key, shape }) => ({
      name: prefix + key,
      dtype: 'F32' as const,
      shape,
      data: new Float32Array(shape.reduce((size, dim) => size * dim, 1)),
    }))
  await writeSafetensors(join(folder, 'adapter_model.safetensors'), zeros(''))
  await writeSafetensors(join(folder, 'optimizer.safetensors'), [...zeros('exp_avg.'), ...zeros('exp_avg_sq.')])
  const state = {
    format: 1,
    step: 3,
    tokens: 99,
    evalLoss: 2.5,
    modelHash: 'a',
    dataHash: 'b',
    best: { step: 2, loss: 2.4, misses: 0, seenAt: 2 },
  }
  const settings = {
    peft_type: 'LORA',
    r: 2,
    lora_alpha: 32,
    use_dora: true,
    target_modules: TARGET_MODULES,
    rank_pattern: { 'layers.0.q_proj': 2 },
    alpha_pattern: {},
    bias: 'none',
    modules_to_save: null,
  }
  writeAll(folder, { 'trainer_state.json': state, 'adapter_config.json': settings })
}

const adapterOf = (name: string) => async (folder: string) => {
  await writeAdapter(folder)
  return join(folder, name)
}

function readAdapter(file: string): void {
  const folder = dirname(file)
  const { layout, config } = tinyRun(join(folder, 'model'))
  const adapter = openAdapter(folder, layout, config, () => new Float32Array(0))
  for (const { variable } of layout.trainables) adapter.value(variable.name)
  adapter.close()
}

function readCheckpoint(file: string): void {
  const folder = dirname(file)
  const { layout, config } = tinyRun(join(folder, 'model'))
  const checkpoint = openCheckpoint(folder, layout, config, true)
  for (const { variable, first } of layout.trainables) [variable, first].map(({ name }) => checkpoint.value(name))
  checkpoint.close()
}

/** What the studio shows of a folder or file: never thrown, so its problems are looked at instead. */
function refuseInternal(problems: readonly { readonly hint: string; readonly message: string }[]): void {
  const own = problems.find(({ hint }) => hint.includes('please report it'))
  if (own) throw new Error(own.message)
}

function lookAtModel(file: string): void {
  refuseInternal(inspectModel(dirname(file)).problems)
}

const question = {
  validationFile: null,
  columns: {},
  problemType: 'single_label_classification',
  promptTemplate: 'auto',
  trainOnInputs: false,
  maxSeqLength: 64,
} as const

async function lookAtData(file: string): Promise<void> {
  for (const taskType of ['CAUSAL_LM', 'SEQ_CLS', 'TOKEN_CLS'] as const) {
    refuseInternal((await inspectData({ ...question, file, model: null, taskType })).problems)
  }
}

/** A data file, read bare and as a run's. */
const dataTarget = (name: string, content: string | Buffer, mutators: readonly Mutator[] = text): FuzzTarget => ({
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

const MODEL_CONFIGS: Readonly<Record<string, object>> = {
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

const modelTarget = (type: string): FuzzTarget => ({
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

const writeTokenizerInto = (folder: string) =>
  writeAll(folder, { 'tokenizer.json': smallTokenizer(), 'tokenizer_config.json': TOKENIZER_CONFIG })

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

/** Why a thrown value is no written refusal; null where it is one. */
export function complaintAbout(thrown: unknown, folder: string, { places }: FuzzTarget): string | null {
  if (!(thrown instanceof StudioError))
    return `not a written refusal: ${thrown instanceof Error ? thrown.stack : thrown}`
  const { code, message } = thrown.data
  if (code === 'internal' || message.trim() === '') return `no reason given: ${message}`
  if (message.length > 5000) return `${message.length} characters of message`
  return message.includes(folder) || places?.test(message) ? null : `no place named: ${message}`
}
