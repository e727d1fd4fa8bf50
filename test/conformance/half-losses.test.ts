import { beforeAll, describe, expect, it } from 'vitest'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import { forKernels } from '../../main/engine/backends/tensorflow/for-kernels.ts'
import { roundedToBf16 } from '../../main/engine/bfloat16.ts'
import type { Backend } from '../../main/engine/ir/executable.ts'
import { node, type Program, signatureRoots, topological } from '../../main/engine/ir/graph.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { backends } from './backends.ts'
import { knownPasses } from './pass-programs.ts'
import { named, pureProgram, relativeError, samples } from './programs.ts'

let backend: Backend
let known: ReadonlySet<string>
beforeAll(async () => {
  backend = await backends.tensorflow()
  known = await knownPasses()
})

const namesOf = (program: Program): string[] =>
  topological(Object.values(forKernels(program, known).signatures).flatMap(signatureRoots)).map(({ op }) => op.name)

/** Losses and the gradient of logits that were bfloat16; `also` reads the gradient before it is rounded, too. */
function lossProgram(rows: number, columns: number, also = false): Program {
  const x = ops.placeholder('x0', 'float32', [rows, columns])
  const weights = ops.placeholder('x1', 'float32', [rows])
  const targets = ops.placeholder('targets', 'int32', [rows])
  const logits = ops.widened(ops.toBfloat16(x))
  const losses = ops.crossEntropy(logits, targets)
  const slope = node(ops.crossEntropyGradOp, [logits, targets, weights])
  const rounded = ops.scale(ops.widened(ops.toBfloat16(slope)), 1)
  const outputs = { losses: ops.scale(losses, 1), rounded, ...(also && { slope: ops.scale(slope, 1) }) }
  return pureProgram({ ...named([x, weights]), targets }, outputs)
}

async function computed(rows: number, columns: number, also = false, shift = 0) {
  const values = samples([[rows, columns], [rows]])
  // The reference does not round: it gets numbers that are bfloat16 already.
  const x0 = roundedToBf16((values.x0 as Float32Array).map((x) => 8 * x))
  const targets = Int32Array.from({ length: rows }, (_, i) => ((i * 7919) % columns) + shift)
  const program = lossProgram(rows, columns, also)
  const inputs = { x0, x1: values.x1 as Float32Array, targets }
  const executable = await backend.compile(program)
  try {
    const got = (await executable.run('main', inputs)) as Record<string, Float32Array>
    return { got, wanted: (await referenceBackend.compile(program)).evaluate('main', inputs), program }
  } finally {
    executable.dispose()
  }
}

describe('losses of bfloat16 logits', () => {
  // Rows on both sides of the sixteen lanes, one number, and so many that threads share them.
  it.each([
    [70, 1000],
    [9, 16],
    [5, 1],
    [300, 4099],
  ])('are those of float64, and their gradient is rounded once, [%i, %i]', async (rows, columns) => {
    const { got, wanted, program } = await computed(rows, columns)
    expect(namesOf(program).filter((name) => /crossentropy/i.test(name))).toEqual([
      'halfCrossEntropy',
      'halfCrossEntropyGrad',
    ])
    expect(relativeError(got.losses as Float32Array, wanted.losses as Float64Array)).toBeLessThan(1e-6)
    const slopes = wanted.rounded as Float64Array
    // Half a step of bfloat16, and a little for float32 where a target's probability is nearly one.
    const bound = (exact: number) => Math.abs(exact) * 2 ** -8.99 + 2e-6
    const far = slopes.filter((exact, i) => !(Math.abs((got.rounded?.[i] as number) - exact) <= bound(exact)))
    expect(far).toEqual(new Float64Array(0))
    expect(got.rounded).toEqual(roundedToBf16(got.rounded as Float32Array))
  })

  it('leave a gradient that is read in float32 as it is', async () => {
    const { got, wanted, program } = await computed(40, 500, true)
    expect(namesOf(program)).toEqual(expect.arrayContaining(['crossEntropyGrad', 'halfCrossEntropyGrad']))
    expect(relativeError(got.slope as Float32Array, wanted.slope as Float64Array)).toBeLessThan(2e-6)
    expect(relativeError(got.rounded as Float32Array, wanted.rounded as Float64Array)).toBeLessThan(2 ** -8)
  })

  it('refuse a target that is no column', async () => {
    await expect(computed(40, 500, false, 500)).rejects.toThrow(/DoraCrossEntropy: target \d+ of 500/)
  })
})
