import { expect, it } from 'vitest'
import { ADAPTERS } from '../../main/engine/adapters/index.ts'
import { type ReferenceExecutable, referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import type { Node } from '../../main/engine/ir/graph.ts'
import { paddingRow } from '../../main/engine/models/embedding.ts'
import { modelFromConfig } from '../../main/engine/models/index.ts'
import { gradientsOf, intConstant, lookUp, placeholder, sumAll } from '../../main/engine/ops/index.ts'
import { countTrainable } from '../../main/engine/train/state.ts'
import { targetLinears } from '../../main/engine/train/targets.ts'
import { pureProgram } from './programs.ts'
import { toyBatch, toyConfig, toySession } from './toy.ts'

const WIDTH = 5

it.each([true, false])(
  'gives finite numbers where a word and a dimension of the embedding are zero (detached norm: %s)',
  async (detach_norm) => {
    const batch = toyBatch(6)
    const session = await toySession(toyConfig('dora', { target_modules: ['embed'], detach_norm }), batch, false)
    const { state } = session.executable as ReferenceExecutable
    const weight = state.get('embed.weight') as Float64Array
    weight.forEach((_, i) => {
      if (i % WIDTH === 2 || Math.floor(i / WIDTH) === (batch.inputIds[1] as number)) weight[i] = 0
    })
    for (const entry of ['prepare', 'refresh', 'initialise']) await session.executable.run(entry, {})
    // A step refuses a loss or a gradient that is no finite number.
    for (const step of [1, 2, 3]) await session.step([batch], 1e-2, step)
    for (const values of (await session.trajectory()).values())
      for (const value of values) expect(Number.isFinite(value)).toBe(true)
  },
)

it('counts A, B and m of an embedding: r (V + D) + D', () => {
  const json = {
    model_type: 'llama',
    vocab_size: 32_000,
    hidden_size: 4096,
    intermediate_size: 11_008,
    num_hidden_layers: 32,
    num_attention_heads: 32,
  }
  const { description } = modelFromConfig(json)
  const count = (kind: 'lora' | 'dora') => {
    const config = toyConfig(kind, { r: 16, target_modules: ['embed_tokens'] })
    return countTrainable(description, targetLinears(description, config), ADAPTERS[kind], config)
  }
  expect(count('lora')).toBe(16 * (32_000 + 4096))
  expect(count('dora')).toBe(16 * (32_000 + 4096) + 4096)
})

it('the row that is to stay learns nothing from being looked up', async () => {
  const table = placeholder('table', 'float32', [4, 2])
  const ids = intConstant(Int32Array.of(1, 2, 1, 3, 2), [5])
  const gradient = gradientsOf(sumAll(lookUp(table, ids, 1)), [table])[0] as Node
  const executable = await referenceBackend.compile(pureProgram({ table }, { gradient }))
  const { gradient: got } = await executable.run('main', { table: new Float32Array(8) })
  expect([...(got ?? [])]).toEqual([0, 0, 0, 0, 2, 2, 1, 1])
})

it.each([
  [undefined, 0],
  [null, null],
  [7, 7],
  [-1, 9],
  [10, null],
  [1.5, null],
])('takes pad_token_id %s of a table of ten rows for row %s', (pad_token_id, row) => {
  expect(paddingRow(pad_token_id === undefined ? {} : { pad_token_id }, 10, 0)).toBe(row)
})
