import { beforeAll, describe, expect, it } from 'vitest'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import type { Backend } from '../../main/engine/ir/executable.ts'
import type { Node, Program } from '../../main/engine/ir/graph.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { chainsOf, knownPasses, regionProgram } from './pass-programs.ts'
import { relativeError, samples } from './programs.ts'
import { rawProgram } from './raw-passes.ts'

const SHAPE = [64, 80]
let backend: Backend
let known: ReadonlySet<string>
beforeAll(async () => {
  backend = await tensorflowBackend()
  known = await knownPasses()
})

/** A result that nobody but what comes next holds: its memory may be taken. */
function fresh(x: Node): Node {
  const identity = Float32Array.from({ length: 80 * 80 }, (_, i) => (i % 81 === 0 ? 1 : 0))
  return ops.matmul(x, ops.constant(identity, [80, 80]), { exact: true })
}

/** Chains whose outputs may take memory of an input, each with somebody who reads that input afterwards. */
const CASES: Readonly<Record<string, (x: Node) => readonly Node[]>> = {
  nobody: (x) => [ops.neg(ops.tanh(fresh(x)))],
  'a later step of the chain, behind an output': (x) => {
    const a = fresh(x)
    const first = ops.neg(ops.tanh(a))
    const second = ops.add(a, ops.square(first))
    return [first, second, ops.mul(ops.softmax(second), a)]
  },
  'a row-wise step behind an output': (x) => {
    const a = fresh(x)
    const first = ops.exp(ops.neg(ops.abs(a)))
    return [first, ops.div(first, ops.sum(ops.square(a), [1])), ops.softmax(a)]
  },
  'a product outside of the chain': (x) => {
    const a = fresh(x)
    return [ops.neg(ops.tanh(a)), ops.matmul(a, a, { transposeB: true })]
  },
  'a view of the same memory in the same chain': (x) => {
    const a = fresh(x)
    const same = ops.reshape(ops.reshape(a, [64 * 80]), SHAPE)
    const first = ops.neg(ops.tanh(a))
    return [first, ops.add(same, ops.square(first))]
  },
}

describe('memory of an input that an output takes', () => {
  it.each(Object.entries(CASES))('is never that of one read afterwards by %s', async (_, build) => {
    const program = regionProgram([SHAPE], ([x]) => build(x as Node))
    expect(chainsOf(program, known)).toHaveLength(1)
    const inputs = samples([SHAPE])
    const wanted = (await referenceBackend.compile(program)).evaluate('main', inputs)
    const executable = await backend.compile(program)
    for (let round = 0; round < 3; round++) {
      const got = await executable.run('main', inputs)
      for (const [name, values] of Object.entries(wanted))
        expect(relativeError(got[name] as Float32Array, values), name).toBeLessThan(1e-5)
    }
    executable.dispose()
  })

  it('is never that of a variable, nor of what is fed', async () => {
    const variable = { name: 'v', dtype: 'float32', shape: SHAPE } as const
    const x = ops.placeholder('x0', 'float32', SHAPE)
    const y = ops.boundary(ops.neg(ops.add(ops.boundary(ops.read(variable)), ops.square(x))))
    const program: Program = {
      variables: [variable],
      signatures: { main: { inputs: { x0: x }, outputs: { y }, updates: [] } },
    }
    expect(chainsOf(program, known)).toHaveLength(1)
    const executable = await backend.compile(program)
    const [held] = Object.values(samples([SHAPE], false, 3)) as [Float32Array]
    const { x0 } = samples([SHAPE]) as { x0: Float32Array }
    const fed = x0.slice()
    await executable.write([['v', held.slice()]])
    const wanted = held.map((v, i) => -(v + Math.fround((x0[i] as number) ** 2)))
    for (let round = 0; round < 3; round++) {
      const { y: got } = await executable.run('main', { x0: fed })
      expect(relativeError(got as Float32Array, wanted)).toBeLessThan(1e-6)
      expect([...executable.read(['v'])][0]?.[1]).toEqual(held)
      expect(fed).toEqual(x0)
    }
    executable.dispose()
  })

  it('is not that of what a step turns, which it reads out of order', async () => {
    const text = '1 4 8 1 wide 8 0 2 neg 0 -1 -1 rotateHalf 1 8 0'
    const executable = await backend.compile(rawProgram(text, [[4, 8]], [[4, 8]]))
    const { x0 } = samples([[4, 8]]) as { x0: Float32Array }
    const { y0 } = await executable.run('main', { x0 })
    executable.dispose()
    expect(y0).toEqual(x0.map((_, i) => (i % 8 < 4 ? (x0[i + 4] as number) : -(x0[i - 4] as number))))
  })
})
