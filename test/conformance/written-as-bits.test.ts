import { describe, expect, it } from 'vitest'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import { packBf16 } from '../../main/engine/bfloat16.ts'
import type { Variable } from '../../main/engine/ir/graph.ts'
import { backends } from './backends.ts'

/** Sizes odd and even, since two values share a word. */
const VARIABLES: readonly Variable[] = [
  { name: 'plain', dtype: 'float32', shape: [2] },
  { name: 'widened', dtype: 'float32', shape: [3, 1], writtenAs: 'bfloat16' },
  { name: 'odd', dtype: 'bfloat16', shape: [1, 3] },
  { name: 'even', dtype: 'bfloat16', shape: [2, 2] },
]
const VALUES: Readonly<Record<string, Float32Array>> = {
  plain: Float32Array.of(0.1, -0.3),
  widened: Float32Array.of(1, -2.5, 0.0078125),
  odd: Float32Array.of(3, -0, 2 ** 99),
  even: Float32Array.of(-1, 2, 0.5, 384),
}

describe.each(Object.entries({ ...backends, reference: async () => referenceBackend }))('the %s backend', (_, open) => {
  it('takes bfloat16 two to a word, and gives it back as float32', async () => {
    const executable = await (await open()).compile({ variables: VARIABLES, signatures: {} })
    const words = (name: string) => packBf16(VALUES[name] as Float32Array)
    await executable.write([
      ['plain', VALUES.plain as Float32Array],
      ...['widened', 'odd', 'even'].map((name) => [name, words(name)] as const),
    ])
    expect(Object.fromEntries(executable.read(Object.keys(VALUES)))).toEqual(VALUES)
    executable.dispose()
  })
})
