import { describe, expect, it } from 'vitest'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import type { Program, Variable } from '../../main/engine/ir/graph.ts'
import { add, fill, mul, placeholder, read } from '../../main/engine/ops/index.ts'
import { backends } from './backends.ts'

const w: Variable = { name: 'w', dtype: 'float32', shape: [3] }
const v: Variable = { name: 'v', dtype: 'float32', shape: [3] }
const x = placeholder('x', 'float32', [3])

/** Swaps and adds: only right if every value is of the state before the update. */
const program: Program = {
  variables: [w, v],
  signatures: {
    step: {
      inputs: { x },
      outputs: { before: read(w) },
      updates: [
        { kind: 'assign', variable: w, value: add(read(v), x) },
        { kind: 'assign', variable: v, value: mul(read(w), fill(2)) },
      ],
    },
  },
}

describe.each(Object.entries({ ...backends, reference: async () => referenceBackend }))(
  'the state of the %s backend',
  (_, open) => {
    it('is written, updated all at once, kept between calls, and read back', async () => {
      const executable = await (await open()).compile(program)
      await executable.write([
        ['w', Float32Array.of(1, 2, 3)],
        ['v', Float32Array.of(10, 20, 30)],
      ])
      const { before } = await executable.run('step', { x: Float32Array.of(0.5, 0.5, 0.5) })
      expect([...(before as Float32Array)]).toEqual([1, 2, 3])
      await executable.run('step', { x: Float32Array.of(0, 0, 0) })
      const state = [...executable.read(['w', 'v'])].map(([name, value]) => [name, [...value]])
      expect(state).toEqual([
        ['w', [2, 4, 6]],
        ['v', [21, 41, 61]],
      ])
      executable.dispose()
    })

    it('refuses inputs of the wrong size and entry points that do not exist', async () => {
      const executable = await (await open()).compile(program)
      await expect(executable.run('step', { x: Float32Array.of(1) })).rejects.toThrow(/input x/)
      await expect(executable.run('other', {})).rejects.toThrow(/no entry point other/)
      executable.dispose()
    })
  },
)
