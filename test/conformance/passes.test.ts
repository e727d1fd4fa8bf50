import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { KNOWN_PASSES } from '../../main/engine/backends/tensorflow/passes/known.ts'
import type { Backend, NamedValues } from '../../main/engine/ir/executable.ts'
import type { Node, Program, Shape } from '../../main/engine/ir/graph.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { chainsOf, inputShapes, knownPasses, MAKERS, randomProgram, regionProgram } from './pass-programs.ts'
import { relativeError, samples } from './programs.ts'

let backend: Backend
let known: ReadonlySet<string>
beforeAll(async () => {
  backend = await tensorflowBackend()
  known = await knownPasses()
})

async function computed(program: Program, inputs: NamedValues): Promise<Record<string, Float32Array>> {
  const executable = await backend.compile(program)
  const outputs = await executable.run('main', inputs)
  executable.dispose()
  return outputs as Record<string, Float32Array>
}

async function expectReference(program: Program, inputs: NamedValues, bound: number): Promise<void> {
  const wanted = (await referenceBackend.compile(program)).evaluate('main', inputs)
  const got = await computed(program, inputs)
  for (const [name, values] of Object.entries(wanted))
    expect(relativeError(got[name] as Float32Array, values), name).toBeLessThan(bound)
}

/** Widths on both sides of the sixteen lanes, few and many rows, up to five axes; each holds more than 4096 numbers. */
const SPACES: readonly Shape[] = [
  [64, 96],
  [300, 17],
  [5, 1100],
  [2, 40, 3, 32],
  [2, 3, 2, 20, 33],
]

it('what is planned with is what the kernel knows', () => {
  expect([...known].sort()).toEqual([...KNOWN_PASSES].sort())
})

describe('chains of passes', () => {
  const step = fc.record({ make: fc.constantFrom(...Object.keys(MAKERS)), a: fc.nat(99), b: fc.nat(99) })
  const steps = fc.array(step, { minLength: 3, maxLength: 24 })
  const asked = fc.array(fc.nat(99), { maxLength: 3 })

  it.each(SPACES.map((space) => [`[${space}]`, space] as const))(
    'of random programs give what float64 gives, over %s',
    async (_, space) => {
      let chains = 0
      const inputs = samples(inputShapes(space))
      const property = fc.asyncProperty(steps, asked, async (drawn, outputs) => {
        const program = randomProgram(space, drawn, outputs)
        chains += chainsOf(program, known).length
        await expectReference(program, inputs, 1e-4)
      })
      await fc.assert(property, { numRuns: 12 })
      expect(chains).toBeGreaterThan(6)
    },
  )

  it('take in every operation that the kernel names', () => {
    const makers = Object.keys(MAKERS)
    const each = makers.map((make) => ({ make, a: 1, b: 0 }))
    const program = randomProgram(
      [64, 96],
      each,
      Array.from({ length: 2 * makers.length }, (_, i) => i),
    )
    const text = chainsOf(program, known)
      .map(({ attrs }) => attrs.program)
      .join(' ')
    const named = [...known].filter((name) => text.split(' ').includes(name))
    expect([...known].filter((name) => !named.includes(name))).toEqual([])
  })

  it('stretch leading axes as rotary embeddings do, [256,1,64] over [4,256,9,64]', async () => {
    const shapes = [
      [4, 256, 9, 64],
      [256, 1, 64],
      [256, 1, 64],
    ]
    const program = regionProgram(shapes, (inputs) => {
      const [x, cos, sin] = inputs as [Node, Node, Node]
      return [ops.add(ops.mul(x, cos), ops.mul(ops.neg(x), sin))]
    })
    expect(chainsOf(program, known)).toHaveLength(1)
    await expectReference(program, samples(shapes), 1e-6)
  })

  it('add a mask over heads and queries, [2,1,1,20,33] over [2,3,2,20,33]', async () => {
    const shapes = [
      [2, 3, 2, 20, 33],
      [2, 1, 1, 20, 33],
    ]
    const program = regionProgram(shapes, ([x, mask]) => [
      ops.softmax(
        ops.add(
          ops.scale(x as Node, 3),
          ops.mul(ops.toFloat(ops.greaterEqual(mask as Node, ops.fill(0))), ops.fill(-1e9)),
        ),
      ),
    ])
    expect(chainsOf(program, known)).toHaveLength(1)
    await expectReference(program, samples(shapes), 1e-6)
  })
})
