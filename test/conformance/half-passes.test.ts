import { beforeAll, describe, expect, it } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { roundedToBf16 } from '../../main/engine/bfloat16.ts'
import type { Backend, NamedValues } from '../../main/engine/ir/executable.ts'
import type { Node, Program, Shape } from '../../main/engine/ir/graph.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { chainsOf, knownPasses } from './pass-programs.ts'
import { leaves, named, pureProgram, samples } from './programs.ts'

let backend: Backend
let known: ReadonlySet<string>
beforeAll(async () => {
  backend = await tensorflowBackend()
  known = await knownPasses()
})

/** Inputs come in as bfloat16 and results are widened outside of the region whose chains are looked at. */
function halfProgram(shapes: readonly Shape[], build: (inputs: readonly Node[]) => readonly Node[]): Program {
  const inputs = leaves(shapes)
  const [first, ...others] = inputs.map((x) => ops.toBfloat16(x)) as [Node, ...Node[]]
  const results = build([ops.boundary(first), ...others]).map((y) => ops.boundary(y))
  return pureProgram(named(inputs), Object.fromEntries(results.map((y, i) => [`y${i}`, ops.scale(ops.widened(y), 1)])))
}

async function computed(program: Program, inputs: NamedValues): Promise<Record<string, Float32Array>> {
  const executable = await backend.compile(program)
  const outputs = await executable.run('main', inputs)
  executable.dispose()
  return outputs as Record<string, Float32Array>
}

/** One chain of the kernels gives, bit by bit, what is `wanted` of rounded inputs. */
async function expectExact(
  shapes: readonly Shape[],
  build: (inputs: readonly Node[]) => readonly Node[],
  wanted: (inputs: readonly Float32Array[]) => readonly Float32Array[],
  values: NamedValues = samples(shapes),
): Promise<void> {
  const program = halfProgram(shapes, build)
  expect(chainsOf(program, known)).toHaveLength(1)
  const got = await computed(program, values)
  const rounded = shapes.map((_, i) => roundedToBf16(values[`x${i}`] as Float32Array))
  for (const [i, own] of wanted(rounded).entries()) expect(got[`y${i}`]).toEqual(own)
}

const each = (x: Float32Array, f: (value: number, i: number) => number): Float32Array =>
  Float32Array.from(x, (value, i) => f(value, i))
const wide = (x: Node) => ops.widened(x)

describe('chains over bfloat16', () => {
  // Rows on both sides of the sixteen lanes; of one number alone a chain is narrow.
  it.each([96, 17, 1100])('add in it as a sum in float32 that is rounded, rows of %i', async (width) => {
    const shapes = [
      [300, width],
      [300, width],
      [300, width],
    ]
    await expectExact(
      shapes,
      ([a, b, c]) => [ops.add(ops.add(a as Node, b as Node), c as Node)],
      ([a, b, c]) => {
        const sum = roundedToBf16(each(a as Float32Array, (x, i) => x + (b as Float32Array)[i]!))
        return [roundedToBf16(each(sum, (x, i) => x + (c as Float32Array)[i]!))]
      },
    )
  })

  it('hand out a value rounded, widened again, and both at once', async () => {
    await expectExact(
      [
        [64, 80],
        [64, 80],
      ],
      ([a, b]) => {
        const product = ops.mul(wide(a as Node), wide(b as Node))
        const half = ops.toBfloat16(product)
        return [half, wide(half), product, ops.mul(wide(half), wide(a as Node))]
      },
      ([a, b]) => {
        const product = each(a as Float32Array, (x, i) => x * (b as Float32Array)[i]!)
        const half = roundedToBf16(product)
        return [half, half, product, each(half, (x, i) => x * (a as Float32Array)[i]!)]
      },
    )
  })

  it('stretch one number a row, one row, and leading axes', async () => {
    await expectExact(
      [[3, 40, 2, 32], [3, 40, 2, 1], [32], [40, 1, 32]],
      ([x, narrow, row, stretched]) => [
        ops.add(ops.add(ops.add(x as Node, narrow as Node), row as Node), stretched as Node),
      ],
      ([x, narrow, row, stretched]) => {
        const plus = (sum: Float32Array, term: Float32Array | undefined, at: (i: number) => number) =>
          roundedToBf16(each(sum, (value, i) => value + term![at(i)]!))
        const first = plus(x as Float32Array, narrow, (i) => Math.floor(i / 32))
        const second = plus(first, row, (i) => i % 32)
        return [plus(second, stretched, (i) => (Math.floor(i / 64) % 40) * 32 + (i % 32))]
      },
    )
  })

  it('sum rows up in float32 and hand that out as one rounded number a row', async () => {
    const program = halfProgram([[200, 48]], ([x]) => [ops.toBfloat16(ops.sum(wide(x as Node), [1]))])
    expect(chainsOf(program, known)).toHaveLength(1)
    const values = { x0: Float32Array.from({ length: 200 * 48 }, (_, i) => (i % 48 === 0 ? 1 + i / 65536 : 2 ** -7)) }
    const { y0 } = await computed(program, values)
    const first = Array.from({ length: 200 }, (_, r) => roundedToBf16(Float32Array.of(1 + (r * 48) / 65536))[0]!)
    expect(y0).toEqual(roundedToBf16(Float32Array.from(first, (x) => x + 47 * 2 ** -7)))
  })

  it('keep NaN and infinity, and round ties and the smallest and largest values as their casts do', async () => {
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number
    const edges = [
      nan,
      infinity,
      -infinity,
      0,
      1 + 2 ** -8,
      1 + 3 * 2 ** -8,
      -1 - 2 ** -8,
      1 + 2 ** -8 + 2 ** -20,
      3.4e38,
    ]
    const all = [...edges, -3.4e38, 2 ** -126, -(2 ** -126)]
    const x0 = Float32Array.from({ length: 64 * 80 }, (_, i) => all[i % all.length] as number)
    const inputs = leaves([[64, 80]])
    const y = ops.toBfloat16(ops.mul(ops.boundary(inputs[0] as Node), ops.fill(1)))
    const program = pureProgram(named(inputs), { y0: ops.scale(ops.widened(ops.boundary(y)), 1) })
    expect(chainsOf(program, known)).toHaveLength(1)
    expect((await computed(program, { x0 })).y0).toEqual(roundedToBf16(x0))
  })
})
