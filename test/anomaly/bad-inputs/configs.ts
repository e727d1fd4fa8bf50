import { rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { changeConfig } from '../real-studio.ts'
import type { BadInput } from './bad-input.ts'
import { only, rewrite } from './rewrite.ts'

/** Of config.json and tokenizer.json. */
export const BAD_CONFIGS: readonly BadInput[] = [
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
