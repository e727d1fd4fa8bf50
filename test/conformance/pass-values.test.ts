import { beforeAll, describe, expect, it } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import type { Backend } from '../../main/engine/ir/executable.ts'
import type { Node } from '../../main/engine/ir/graph.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { chainsOf, knownPasses, regionProgram } from './pass-programs.ts'

let backend: Backend
let known: ReadonlySet<string>
beforeAll(async () => {
  backend = await tensorflowBackend()
  known = await knownPasses()
})

const WIDTH = 80
const ROWS = 64

/** f of each value, as a chain computes it; rows of 80 numbers hold the values again and again, behind others in the lanes. */
async function apply(f: (x: Node) => Node, values: ArrayLike<number>): Promise<Float32Array> {
  const count = Math.max(ROWS, Math.ceil(values.length / WIDTH))
  const x0 = Float32Array.from({ length: count * WIDTH }, (_, i) => values[i % values.length] as number)
  // Multiplied by one, so that there is a chain of two.
  const program = regionProgram([[count, WIDTH]], ([x]) => [f(ops.mul(x as Node, ops.fill(1)))])
  expect(chainsOf(program, known)).toHaveLength(1)
  const executable = await backend.compile(program)
  const { y0 } = await executable.run('main', { x0 })
  executable.dispose()
  return (y0 as Float32Array).slice(0, values.length)
}

/** The smallest float32 that is not denormal. */
const SMALLEST = 2 ** -126
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number

describe('values at the edges', () => {
  it.each([
    ['neg', ops.neg, (x: number) => -x],
    ['abs', ops.abs, Math.abs],
    ['square', ops.square, (x: number) => x * x],
    ['sqrt', ops.sqrt, Math.sqrt],
    ['rsqrt', ops.rsqrt, (x: number) => 1 / Math.sqrt(x)],
    ['exp', ops.exp, Math.exp],
    ['sigmoid', ops.sigmoid, (x: number) => 1 / (1 + Math.exp(-x))],
    ['tanh', ops.tanh, Math.tanh],
    ['maximum', (x: Node) => ops.maximum(x, ops.fill(0.5)), (x: number) => Math.max(x, 0.5)],
    ['maximum, the other way', (x: Node) => ops.maximum(ops.fill(0.5), x), (x: number) => Math.max(0.5, x)],
    ['div', (x: Node) => ops.div(ops.fill(1), x), (x: number) => 1 / x],
  ] as const)('of %s are those of IEEE arithmetic', async (_, f, value) => {
    const edges = [nan, infinity, -infinity, 0, -1e9, 1e9, 89, -104, 128, -150, 3.4e38, -3.4e38, 1, -1]
    const got = await apply(f, edges)
    for (const [i, x] of edges.entries()) {
      const wanted = Math.fround(value(x))
      if (!Number.isFinite(wanted) || wanted === 0) expect(got[i], `f(${x})`).toEqual(wanted)
      else if (Math.abs(wanted) < SMALLEST) expect(Math.abs(got[i] as number), `f(${x})`).toBeLessThan(SMALLEST)
      else expect(Math.abs((got[i] as number) / wanted - 1), `f(${x})`).toBeLessThan(1e-6)
    }
  })

  it('keep the sign of a zero', async () => {
    expect(await apply(ops.neg, [0, -0])).toEqual(Float32Array.of(-0, 0))
    expect(await apply(ops.abs, [0, -0])).toEqual(Float32Array.of(0, 0))
    expect(await apply((x) => ops.div(ops.fill(1), x), [0, -0])).toEqual(Float32Array.of(infinity, -infinity))
  })

  it('that are denormal stay so or become zero, as they do in TensorFlow', async () => {
    const tiny = 2 ** -140
    for (const f of [ops.neg, ops.abs]) {
      const got = await apply(f, [tiny])
      expect([0, tiny]).toContain(Math.abs(got[0] as number))
    }
    const [small] = await apply(ops.exp, [-95])
    expect(Math.abs((small as number) - Math.exp(-95))).toBeLessThanOrEqual(Math.exp(-95))
  })

  it('of softmax: a mask of -1e9 is an exact zero, NaN spoils its row alone, a row that is masked as a whole is even', async () => {
    const row = (f: (i: number) => number) => Array.from({ length: WIDTH }, (_, i) => f(i))
    const rows = [
      row((i) => (i < 3 ? i : -1e9)),
      row((i) => (i === 77 ? nan : 1)),
      row(() => -1e9),
      row((i) => (i === 5 ? -infinity : 0)),
      row((i) => (i === 79 ? 1e30 : -1e30)),
    ]
    const got = await apply(ops.softmax, rows.flat())
    const of = (i: number) => [...got.subarray(i * WIDTH, (i + 1) * WIDTH)]
    expect(of(0).slice(3)).toEqual(row(() => 0).slice(3))
    expect(of(0).reduce((a, b) => a + b)).toBeCloseTo(1, 6)
    expect(of(1).every(Number.isNaN)).toBe(true)
    for (const value of of(2)) expect(value).toBeCloseTo(1 / WIDTH, 7)
    expect(of(3)[5]).toBe(0)
    expect(of(4)).toEqual(row((i) => (i === 79 ? 1 : 0)))
  })

  it('of a sum: NaN and Infinity go through it', async () => {
    const row = (at: number, value: number) => Array.from({ length: WIDTH }, (_, i) => (i === at ? value : 1))
    const rows = [row(78, nan), row(3, infinity), row(79, -infinity), row(0, 1)]
    const got = await apply((x) => ops.mul(ops.sum(x, [1]), ops.fill(1, [1, WIDTH])), rows.flat())
    expect([0, 1, 2, 3].map((i) => got[i * WIDTH])).toEqual([nan, infinity, -infinity, WIDTH])
  })
})

/** The distance from float64's value in units in the last place of float32 there. */
function ulps(got: number, wanted: number): number {
  const unit = 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(wanted)))) - 23)
  return Math.abs(got - wanted) / unit
}

const COUNT = 64_000
const between = (low: number, high: number) =>
  Float32Array.from({ length: COUNT }, (_, i) => low + ((high - low) * (i + 0.5)) / COUNT)
/** From 2^low to 2^high, each power as often as the next. */
const powers = (low: number, high: number) => between(low, high).map((x) => 2 ** x)

describe('functions are as close to float64 as to so many units in the last place', () => {
  it.each([
    ['exp', ops.exp, Math.exp, between(-87, 88.7), 2],
    ['exp near zero', ops.exp, Math.exp, between(-1, 1), 2],
    ['tanh', ops.tanh, Math.tanh, between(-10, 10), 6],
    ['tanh near zero', ops.tanh, Math.tanh, powers(-60, 0), 6],
    ['sigmoid', ops.sigmoid, (x: number) => 1 / (1 + Math.exp(-x)), between(-80, 20), 4],
    ['rsqrt', ops.rsqrt, (x: number) => 1 / Math.sqrt(x), powers(-120, 120), 1.5],
    ['sqrt', ops.sqrt, Math.sqrt, powers(-120, 120), 0.51],
  ] as const)('%s', async (_, f, value, xs, bound) => {
    const got = await apply(f, xs)
    let worst = 0
    for (const [i, x] of xs.entries()) worst = Math.max(worst, ulps(got[i] as number, value(x)))
    expect(worst).toBeLessThan(bound)
    expect(worst).toBeGreaterThan(0)
  })

  it('softmax', async () => {
    const xs = between(0, 1).map((_, i) => 2 * Math.sin(i * i))
    const got = await apply(ops.softmax, xs)
    let worst = 0
    for (let row = 0; row < COUNT / WIDTH; row++) {
      const own = [...xs.subarray(row * WIDTH, (row + 1) * WIDTH)]
      const total = own.reduce((sum, x) => sum + Math.exp(x), 0)
      for (const [i, x] of own.entries())
        worst = Math.max(worst, ulps(got[row * WIDTH + i] as number, Math.exp(x) / total))
    }
    expect(worst).toBeLessThan(8)
  })
})
