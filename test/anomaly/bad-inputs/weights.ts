import { rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BadInput } from './bad-input.ts'
import { only, rewrite, weights } from './rewrite.ts'

export const BAD_WEIGHTS: readonly BadInput[] = [
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
]
