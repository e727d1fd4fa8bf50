import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dora } from '../../main/engine/adapters/lora.ts'
import { roundedToBf16 } from '../../main/engine/bfloat16.ts'
import { type Signature, signatureRoots, topological } from '../../main/engine/ir/graph.ts'
import { verify } from '../../main/engine/ir/verify.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { entryValues } from '../../main/engine/train/initial-values.ts'
import { inBfloat16 } from '../../main/engine/train/mixed-precision.ts'
import { backends } from './backends.ts'
import { type GoldenCase, goldenCase } from './golden-case.ts'
import { IN, layerProgram, OUT, type Values } from './one-layer.ts'
import { leaves, named, pureProgram, samples } from './programs.ts'

/** Two numbers next to each other in bfloat16 differ by at most so much of themselves. */
const EPS = 2 ** -8

/** Root of the mean squared difference, relative to that of the wanted values. */
function rmsError(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let [difference, size] = [0, 0]
  for (let i = 0; i < wanted.length; i++) {
    difference += ((got[i] as number) - (wanted[i] as number)) ** 2
    size += (wanted[i] as number) ** 2
  }
  return Math.sqrt(difference / size)
}

describe('products in bfloat16', () => {
  const [a, b] = leaves([
    [3, 4],
    [4, 5],
  ])
  const opsOf = (y: ReturnType<typeof ops.matmul>) => {
    const program = inBfloat16(pureProgram(named([a as typeof y, b as typeof y]), { y }))
    verify(program)
    const order = topological(signatureRoots(program.signatures.main as Signature))
    return order.map(({ op, dtype }) => `${op.name}:${dtype}`)
  }
  const [x, w] = [a, b] as [ReturnType<typeof ops.matmul>, ReturnType<typeof ops.matmul>]

  it('have their operands rounded once and their result widened once', () => {
    const y = ops.matmul(x, w)
    expect(opsOf(ops.add(y, y)).filter((name) => name.startsWith('cast'))).toEqual([
      'cast:bfloat16',
      'cast:bfloat16',
      'cast:float32',
    ])
  })

  it('stay float32 where they are marked so, and in what is derived from them', () => {
    const y = ops.sumAll(ops.matmul(x, w, { exact: true }))
    const gradient = ops.gradientsOf(y, [x])[0] as typeof y
    expect(opsOf(ops.add(ops.sumAll(gradient), y)).filter((name) => name.includes('bfloat16'))).toEqual([])
  })

  it('take each other’s results as they are', () => {
    const y = ops.matmul(ops.transpose(ops.matmul(x, w), [1, 0]), x)
    expect(opsOf(y)).toContain('transpose:bfloat16')
    expect(opsOf(y).filter((name) => name === 'cast:float32')).toHaveLength(1)
  })

  it('add gradients in bfloat16, and nothing else', () => {
    const [left, right] = [ops.matmul(x, w), ops.matmul(ops.neg(x), w)]
    expect(opsOf(ops.add(left, right))).toContain('add:float32')
    expect(opsOf(ops.addAdjoints(left, right))).toContain('add:bfloat16')
  })
})

const CASES = readdirSync(join(import.meta.dirname, 'golden'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
  .map(({ name }) => name)

/**
 * A product of rounded operands whose result is rounded has an rms error of about EPS / 2 (three independent roundings of
 * at most EPS / 2, of rms EPS / 2 / sqrt(3) each). The cases have up to a dozen products in a row forward, twice as many
 * backward: sqrt(24) EPS / 2 is 2.4 EPS; norms and products of two activations make it two to three times as much. What
 * reaches an embedding has come back through all layers, up to 18 products of Gemma's three: sqrt(36) EPS / 2 and so on.
 * rsLoRA's scale makes the low-rank branch, which has two products for one, weigh as much as the layer: 9.3 EPS on a
 * processor without AVX-512.
 */
const roundings = (name: string) => (/-(embedding|rslora)/.test(name) ? 10 : 8)

describe.each(CASES)('a run in bfloat16 against transformers and PEFT in float32: %s', (name) => {
  it(`gives logits, losses and gradients to within ${roundings(name)} roundings`, async () => {
    const golden = goldenCase(name, { bf16: true })
    const { batch, config, expected, steps } = golden
    const session = await golden.open(await backends.tensorflow())
    const wanted = (tensor: string) => expected.readFloat32(tensor)
    // The one number of a regression is the difference of large ones; it is judged by its loss.
    if (config.problem_type !== 'regression')
      expect(rmsError(await session.logits(batch), wanted('logits'))).toBeLessThan(8 * EPS)
    const losses: number[] = []
    for (let step = 1; step <= steps; step++) {
      losses.push((await session.step([batch], config.learning_rate, step)).loss)
      if (step === 1) expect(gradientError(golden, session)).toBeLessThan(roundings(name) * EPS)
    }
    expect(rmsError(losses, wanted('losses'))).toBeLessThan(2 * EPS)
    session.executable.dispose()
  })
})

/** Error of all gradients together after one step. */
function gradientError(golden: GoldenCase, { layout, executable }: Awaited<ReturnType<GoldenCase['open']>>): number {
  const [got, wanted]: [number[], number[]] = [[], []]
  for (const { first, variable, entries } of layout.trainables) {
    for (const [, packed] of executable.read([first.name])) {
      for (const entry of entries) {
        got.push(...entryValues(packed, variable, entry).data.map((moment) => moment / 0.1))
        wanted.push(...golden.expected.readFloat32(`grad.${golden.key(entry)}`))
      }
    }
  }
  return rmsError(got, wanted)
}

/** A layer whose weight is exact in bfloat16, and an adapter that changes it by less than half a step of bfloat16. */
function slightlyTuned(): Values {
  const draw = (shape: readonly number[], seed: number) => samples([shape], true, seed).x0 as Float32Array
  const weight = roundedToBf16(draw([OUT, IN], 1))
  const slight = (values: Float32Array) => Float64Array.from(values, (value) => value * (EPS / 32))
  const n = Float64Array.from({ length: OUT }, (_, j) => Math.hypot(...weight.subarray(j * IN, (j + 1) * IN)))
  return {
    weight: Float64Array.from(weight),
    a: Float64Array.from(draw([IN, IN], 2)),
    b: slight(draw([OUT, IN], 3)),
    m: n.map((value, j) => value * (1 + (EPS / 64) * (j + 1))),
    n,
    x: Float64Array.from(roundedToBf16(draw([24, IN], 4))),
    r: Float64Array.from(draw([24, OUT], 5)),
  }
}

describe('a change of the weights below half a step of bfloat16', () => {
  const at = slightlyTuned()
  const untuned = { ...at, b: new Float64Array(OUT * IN), m: at.n as Float64Array }
  /** What the adapter adds to the outputs. */
  const effect = async (bf16: boolean, compiled?: typeof inBfloat16) => {
    const evaluate = await layerProgram(dora, 24, { bf16 }, compiled)
    const before = evaluate(untuned).y as Float64Array
    return (evaluate(at).y as Float64Array).map((y, i) => y - (before[i] as number))
  }

  it('is seen by a run in bfloat16, whose base and adapter meet in float32', async () => {
    expect(rmsError(await effect(true, inBfloat16), await effect(false))).toBeLessThan(4 * EPS)
  })

  it('would be rounded away in an effective weight of bfloat16', async () => {
    expect(rmsError(await effect(false, inBfloat16), await effect(false))).toBeGreaterThan(0.5)
  })
})
