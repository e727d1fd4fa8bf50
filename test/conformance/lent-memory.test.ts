import { describe, expect, it } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { groupedWrites } from '../../main/engine/backends/tensorflow/transfer.ts'
import type { Values, Written } from '../../main/engine/ir/executable.ts'
import type { Variable } from '../../main/engine/ir/graph.ts'
import { expected, readAll, VARIABLES, written } from './write-cases.ts'

/** As on a GPU: several variables in one call. */
async function grouped() {
  const { signatures, calls } = groupedWrites(VARIABLES)
  const executable = await (await tensorflowBackend()).compile({ variables: VARIABLES, signatures })
  const write = async (values: Iterable<readonly [string, Written]>) => {
    for (const { name, inputs } of calls(values)) await executable.run(name, inputs)
  }
  return { executable, write }
}

it('the entry points for a GPU write the same', async () => {
  const { executable, write } = await grouped()
  await write(VARIABLES.map((variable, i) => written(i, variable)))
  expect(readAll(executable)).toEqual(expected)
  await expect(write([['many.3', new Float32Array(4)]])).rejects.toThrow(/without a value beside many.3/)
  executable.dispose()
})

describe('memory that is lent', () => {
  const variables: readonly Variable[] = ['a', 'b'].map((name) => ({ name, dtype: 'float32', shape: [5] }))

  it('is taken away from what keeps it, and what was written stays', async () => {
    const executable = await (await tensorflowBackend()).compile({ variables, signatures: {} })
    const kept: Values[] = []
    const keep = (into: Values) => {
      // Whoever writes into what was lent for another variable changes nothing any more.
      for (const before of kept) before.fill(7)
      into.fill(kept.length + 1)
      kept.push(into)
    }
    await executable.write([['a', keep] as const, ['b', keep] as const])
    expect(kept.map(({ length }) => length)).toEqual([0, 0])
    expect([...executable.read(['a', 'b'])].map(([, values]) => values[0])).toEqual([1, 2])
    executable.dispose()
  })

  it('is taken away after a fault as well', async () => {
    const executable = await (await tensorflowBackend()).compile({ variables, signatures: {} })
    let kept = new Float32Array(1)
    const failing = (into: Values) => {
      kept = into as typeof kept
      throw new Error('no more')
    }
    await expect(executable.write([['a', failing] as const])).rejects.toThrow('no more')
    expect(kept).toHaveLength(0)
    await expect(executable.write([['c', new Float32Array(5)] as const])).rejects.toThrow(/no variable c/)
    await expect(executable.write([['a', new Float32Array(4)] as const])).rejects.toThrow(/has 4 values/)
    executable.dispose()
  })
})

it('one variable may be larger than a group', async () => {
  const large: Variable = { name: 'large', dtype: 'float32', shape: [36_000_000] }
  const small: Variable = { name: 'small', dtype: 'float32', shape: [1] }
  const { signatures, calls } = groupedWrites([small, large, { ...small, name: 'last' }])
  const variables = [small, large, { ...small, name: 'last' }]
  const executable = await (await tensorflowBackend()).compile({ variables, signatures })
  const values = variables.map(({ name }, i) => [name, (into: Values) => into.fill(i + 1)] as const)
  let used = 0
  for (const { name, inputs } of calls(values)) {
    await executable.run(name, inputs)
    used++
  }
  expect(used).toBe(3)
  for (const [name, read] of executable.read(['small', 'large', 'last'])) {
    const [wanted] = variables.flatMap((variable, i) => (variable.name === name ? [i + 1] : []))
    expect([read[0], read.at(-1), read.every((value) => value === wanted)]).toEqual([wanted, wanted, true])
  }
  executable.dispose()
})
