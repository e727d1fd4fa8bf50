import { rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openModelFolder } from '../../main/engine/formats/model-folder.ts'
import { type TensorToWrite, writeSafetensors } from '../../main/engine/formats/write-safetensors.ts'
import { writeModelShards } from '../../main/engine/formats/write-shards.ts'
import type { RunConfigInput } from '../../shared/domain/run-config.ts'
import { changeConfig, type RealStudio } from './real-studio.ts'

export type BadInput = {
  readonly what: string
  readonly spoil?: (studio: RealStudio) => void | Promise<void>
  readonly set?: Partial<RunConfigInput>
  readonly env?: Readonly<Record<string, string>>
  /** Found before a run is made (exit code 2), or by the engine, in which case the run is there and failed (1). */
  readonly found: 'before' | 'in the run'
  readonly engineDies?: true
  /** Parts of the text: where, got, wanted, cure. */
  readonly says: readonly string[]
}

const weights = ({ model }: RealStudio) => join(model, 'model.safetensors')

/** Writes the model's weights again, tensor by tensor as `change` says; null leaves one out. */
async function rewrite(studio: RealStudio, change: (tensor: TensorToWrite) => TensorToWrite | null, shardBytes = 1e9) {
  const { model } = studio
  const folder = openModelFolder(model)
  const tensors = folder.names.flatMap((name): TensorToWrite[] => {
    const data = folder.readFloat32(name)
    const tensor = change({ name, dtype: 'F32', shape: folder.info(name).shape, data })
    return tensor === null ? [] : [tensor]
  })
  folder.close()
  rmSync(weights(studio))
  await writeModelShards(model, tensors, { maxShardBytes: shardBytes })
}

const only = (name: string, change: (data: Float32Array) => TensorToWrite | null) => (tensor: TensorToWrite) =>
  tensor.name === name ? change(tensor.data as Float32Array) : tensor

const rows = ({ train }: RealStudio, ...lines: string[]) => writeFileSync(train, `${lines.join('\n')}\n`)
const good = '{"instruction":"a","input":"b","output":"c"}'

const MODEL: readonly BadInput[] = [
  {
    what: 'a model folder that does not exist',
    set: { model_name_or_path: 'nowhere' },
    found: 'before',
    says: ['model_name_or_path', 'nowhere does not exist', 'Correct the named fields'],
  },
  {
    what: 'a model without weights',
    spoil: (studio) => rmSync(weights(studio)),
    found: 'before',
    says: ['model_name_or_path', 'has no .safetensors file'],
  },
  {
    what: 'a truncated weight file',
    spoil: (studio) => truncateSync(weights(studio), 300_000),
    found: 'in the run',
    says: [
      'model.safetensors: the file has 300000 bytes, wanted 410928: it is truncated',
      'tensor "model.embed_tokens.weight" and 19 more cut off',
      'Download or write the file again',
    ],
  },
  {
    what: 'an empty weight file',
    spoil: (studio) => truncateSync(weights(studio), 0),
    found: 'in the run',
    says: ['model.safetensors: the file has 0 bytes', 'at least 8', 'What to do:'],
  },
  {
    what: 'a weight file that is something else',
    spoil: (studio) => writeFileSync(weights(studio), '<!DOCTYPE html><html><body>404</body></html>'),
    found: 'in the run',
    says: ['model.safetensors: the header would take', 'What to do:'],
  },
  {
    what: 'a missing shard',
    spoil: async (studio) => {
      await rewrite(studio, (tensor) => tensor, 100_000)
      rmSync(join(studio.model, 'model-00002-of-00002.safetensors'), { force: true })
    },
    found: 'in the run',
    says: ['model.safetensors.index.json: the shard', 'is missing', 'Download the missing files'],
  },
  {
    what: 'a tensor of a wrong shape',
    spoil: (studio) =>
      rewrite(
        studio,
        only('model.layers.1.self_attn.q_proj.weight', (data) => ({
          name: 'model.layers.1.self_attn.q_proj.weight',
          dtype: 'F32',
          shape: [8, 32],
          data,
        })),
      ),
    found: 'in the run',
    says: [
      '"model.layers.1.self_attn.q_proj.weight" is [8, 32]',
      'needs [16, 16]',
      'Is config.json from another model',
    ],
  },
  {
    what: 'a missing tensor',
    spoil: (studio) =>
      rewrite(
        studio,
        only('model.norm.weight', () => null),
      ),
    found: 'in the run',
    says: ['tensor "model.norm.weight" is missing', 'needs [16]', 'is a weight file missing?'],
  },
  {
    what: 'weights of integers',
    spoil: (studio) =>
      rewrite(
        studio,
        only('model.norm.weight', (data) => ({
          name: 'model.norm.weight',
          dtype: 'I32',
          shape: [16],
          data: Int32Array.from(data),
        })),
      ),
    found: 'in the run',
    says: ['"model.norm.weight" is I32', 'wanted F32, BF16, F16 or F64', 'unquantised'],
  },
  {
    what: 'a base weight that is not a number',
    spoil: (studio) =>
      rewrite(
        studio,
        only('model.layers.0.mlp.up_proj.weight', (data) => ({
          name: 'model.layers.0.mlp.up_proj.weight',
          dtype: 'F32',
          shape: [24, 16],
          data: data.with(37, Number.NaN),
        })),
      ),
    found: 'in the run',
    says: [
      'tensor "model.layers.0.mlp.up_proj.weight" has NaN at element 37',
      '1 of 384',
      'download or save them again',
    ],
  },
  {
    what: 'base weights so large that the loss is not a number',
    spoil: (studio) =>
      rewrite(
        studio,
        only('model.norm.weight', (data) => ({
          name: 'model.norm.weight',
          dtype: 'F32',
          shape: [16],
          data: data.fill(3e38),
        })),
      ),
    set: { backend: 'tensorflow', save_steps: 1 },
    found: 'in the run',
    says: ['Training diverged: the loss became', 'at step 1', 'the numbers of the base model are at fault'],
  },
  {
    what: 'an unknown model_type',
    spoil: (studio) => changeConfig(studio, { model_type: 'mamba' }),
    found: 'in the run',
    says: ['model_type is "mamba"', 'supported: llama', 'Choose a base model'],
  },
  {
    what: 'a missing model_type',
    spoil: (studio) => changeConfig(studio, { model_type: undefined }),
    found: 'in the run',
    says: ['model_type is missing', 'supported: llama'],
  },
  {
    what: 'a config.json cut in the middle',
    spoil: ({ model }) => truncateSync(join(model, 'config.json'), 60),
    found: 'in the run',
    says: ['config.json: not valid JSON', 'download or write it again'],
  },
  {
    what: 'a hidden_size of 0',
    spoil: (studio) => changeConfig(studio, { hidden_size: 0 }),
    found: 'in the run',
    says: ['config.json: "hidden_size" is 0', 'above 0 and up to', 'What to do:'],
  },
  {
    what: 'a thousand million layers',
    spoil: (studio) => changeConfig(studio, { num_hidden_layers: 1e9 }),
    found: 'in the run',
    says: ['config.json: "num_hidden_layers" is 1000000000', 'up to 1000'],
  },
  {
    what: 'a thousand layers whose tensors are not there',
    spoil: (studio) => changeConfig(studio, { num_hidden_layers: 1000 }),
    found: 'in the run',
    says: [
      'tensor "model.layers.2.self_attn.q_proj.weight" is missing',
      '(and 8981 more faults)',
      '… and 8962 more',
      'Is config.json from',
    ],
  },
  {
    what: 'a vocabulary without its tensor',
    spoil: (studio) => changeConfig(studio, { vocab_size: 4_000_000 }),
    found: 'in the run',
    says: ['"model.embed_tokens.weight" is [6144, 16]', 'needs [4000000, 16]'],
  },
  {
    what: 'an odd head_dim',
    spoil: (studio) => changeConfig(studio, { head_dim: 7 }),
    found: 'in the run',
    says: ['config.json: llama with', '7', 'is not supported', 'Choose another base model'],
  },
  {
    what: 'a RoPE scaling that is not built',
    spoil: (studio) => changeConfig(studio, { rope_scaling: { rope_type: 'unheard-of', factor: 8 } }),
    found: 'in the run',
    says: ['config.json: llama with RoPE scaling "unheard-of" is not supported', 'Choose another base model'],
  },
  {
    what: 'a missing tokenizer.json',
    spoil: ({ model }) => rmSync(join(model, 'tokenizer.json')),
    found: 'before',
    says: ['model_name_or_path', 'has no tokenizer.json'],
  },
  {
    what: 'a tokenizer.json cut in the middle',
    spoil: ({ model }) => truncateSync(join(model, 'tokenizer.json'), 200_000),
    found: 'in the run',
    says: ['tokenizer.json: not valid JSON', 'download or write it again'],
  },
  {
    what: 'a tokenizer.json of something else',
    spoil: ({ model }) => writeFileSync(join(model, 'tokenizer.json'), '{"version":"1.0"}'),
    found: 'in the run',
    says: ['tokenizer.json: no tokenizer could be built from it', 'What to do:'],
  },
  {
    what: 'a tokenizer with more tokens than the model',
    spoil: async (studio) => {
      changeConfig(studio, { vocab_size: 300 })
      await rewrite(
        studio,
        only('model.embed_tokens.weight', (data) => ({
          name: 'model.embed_tokens.weight',
          dtype: 'F32',
          shape: [300, 16],
          data: data.subarray(0, 4800),
        })),
      )
    },
    found: 'in the run',
    says: ['train.jsonl: line 1: token id', 'the model has 300 tokens', 'tokenizer.json and config.json'],
  },
]

const DATA: readonly BadInput[] = [
  {
    what: 'a data file that does not exist',
    set: { train_file: 'nothing.jsonl' },
    found: 'before',
    says: ['train_file: ', 'nothing.jsonl does not exist'],
  },
  {
    what: 'a data file of no bytes',
    spoil: ({ train }) => writeFileSync(train, ''),
    found: 'before',
    says: ['train_file: ', 'train.jsonl is empty'],
  },
  {
    what: 'a data set of blank lines',
    spoil: (studio) => rows(studio, '', '  ', ''),
    found: 'in the run',
    says: ['train.jsonl: the data set is empty', 'at least one row'],
  },
  {
    what: 'malformed rows',
    spoil: (studio) =>
      rows(studio, good, '{"instruction":"a", "output":', good, '{"instruction":"a","output":7}', '[1]'),
    found: 'in the run',
    says: ['train.jsonl: line 2: not valid JSON', 'line 4: "output" is 7, wanted text', 'line 5: it holds [1]'],
  },
  {
    what: 'rows with fields of another kind',
    spoil: (studio) => rows(studio, '{"question":"a","answer":"b"}'),
    found: 'in the run',
    says: ['train.jsonl: line 1: its fields are question, answer', 'wanted "instruction" and "output"'],
  },
  {
    what: 'a JSON array that is not closed',
    spoil: ({ train }) => writeFileSync(train, `[${good},${good}`),
    found: 'in the run',
    says: ['train.jsonl: the array is not closed: the file ends in row 2', 'one JSON array of objects'],
  },
  {
    what: 'a data file that is not text',
    spoil: ({ train }) => writeFileSync(train, new Uint8Array([0x50, 0x41, 0x52, 0x31, 0xff, 0xfe, 0x0a])),
    found: 'in the run',
    says: ['train.jsonl: line 1 is not UTF-8 text', 'What to do:'],
  },
  {
    what: 'a malformed row in the validation file',
    spoil: ({ folder }) => writeFileSync(join(folder, 'validation.jsonl'), `${good}\nnonsense\n`),
    found: 'in the run',
    says: ['validation.jsonl: line 2: not valid JSON', 'What to do:'],
  },
  {
    what: 'prompts that fill max_seq_length in every row',
    set: { max_seq_length: 8, prompt_template: '{instruction} {input}' },
    found: 'in the run',
    says: ['train.jsonl: all labels masked', '12 of 12 rows are longer than max_seq_length 8', 'Raise max_seq_length'],
  },
  {
    what: 'a template with an unknown placeholder',
    set: { prompt_template: '{question}:' },
    found: 'in the run',
    says: ['prompt_template', '{question}', 'What to do:'],
  },
]

const SETTINGS: readonly BadInput[] = [
  {
    what: 'settings of a wrong kind and unknown ones',
    set: { r: 0, learnin_rate: 1 } as object,
    found: 'before',
    says: ['r: got 0, wanted at least 1', 'did you mean learning_rate?'],
  },
  {
    what: 'target_modules that match nothing',
    set: { target_modules: ['q_proj', 'query_key_value'] },
    found: 'in the run',
    says: ['layer of this model is called query_key_value', 'q_proj, k_proj, v_proj', 'all-linear'],
  },
  {
    what: 'a run that needs more memory than there is',
    spoil: async (studio) => {
      // 1024 heads over 512 positions: a gigabyte for each row and matrix of attention weights.
      changeConfig(studio, { num_attention_heads: 1024, num_key_value_heads: 1, head_dim: 2 })
      await writeSafetensors(weights(studio), manyHeads(studio))
      rows(studio, ...new Array<string>(256).fill(JSON.stringify({ text: 'a word '.repeat(400) })))
      writeFileSync(join(studio.folder, 'validation.jsonl'), '{"text":"a word"}\n')
    },
    set: { per_device_train_batch_size: 4096, max_seq_length: 512, prompt_template: 'text' },
    found: 'in the run',
    says: [
      'This run needs about',
      'for training on 256 rows of 512 tokens at once',
      'GB are free',
      'Lower per_device_train_batch_size',
    ],
  },
]

/** The tiny model's weights for 1024 query heads of size 2. */
function manyHeads(studio: RealStudio): TensorToWrite[] {
  const folder = openModelFolder(studio.model)
  const shapes: Readonly<Record<string, readonly [number, number]>> = {
    q_proj: [2048, 16],
    o_proj: [16, 2048],
    k_proj: [2, 16],
    v_proj: [2, 16],
  }
  const tensors = folder.names.map((name): TensorToWrite => {
    const shape = shapes[name.split('.').at(-2) ?? '']
    if (shape) return { name, dtype: 'F32', shape, data: new Float32Array(shape[0] * shape[1]).fill(0.01) }
    return { name, dtype: 'F32', shape: folder.info(name).shape, data: folder.readFloat32(name) }
  })
  folder.close()
  return tensors
}

/** A data set that outgrows the heap the engine is given. */
const HEAP: BadInput = {
  what: 'a data set too large for the memory of the engine',
  spoil: ({ train }) =>
    writeFileSync(train, `${JSON.stringify({ text: 'many words in a row '.repeat(8) })}\n`.repeat(500_000)),
  env: { NODE_OPTIONS: '--max-old-space-size=64' },
  found: 'in the run',
  engineDies: true,
  says: ['The engine process ran out of memory', 'heap out of memory', 'Full log: ', 'Close other programs, or lower'],
}

export const BAD_INPUTS: readonly BadInput[] = [...MODEL, ...DATA, ...SETTINGS, HEAP]
