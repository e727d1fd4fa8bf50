import { beforeAll, describe, expect, it } from 'vitest'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import type { Backend } from '../../main/engine/ir/executable.ts'
import { type Signature, topological } from '../../main/engine/ir/graph.ts'
import * as ops from '../../main/engine/ops/index.ts'
import { OPS } from '../../main/engine/ops/index.ts'
import { backends } from './backends.ts'
import { OP_CASES, type OpCase } from './op-cases.ts'
import { leaves, named, pureProgram, relativeError, samples } from './programs.ts'

const title = ({ op, shapes }: OpCase) => `${op} on ${shapes.map((shape) => `[${shape}]`).join(' ')}`

/** The case's result, and the gradient of a weighted sum of it in every input. */
function differentiated({ shapes, build }: OpCase) {
  const inputs = leaves(shapes)
  const y = build(inputs)
  const weights = samples([y.shape], false, 7).x0 as Float32Array
  const loss = ops.sumAll(ops.mul(y, ops.constant(weights, y.shape)))
  const gradients = ops.gradientsOf(loss, inputs)
  const outputs = { y, loss, ...Object.fromEntries(gradients.map((gradient, i) => [`d${i}`, gradient])) }
  return pureProgram(named(inputs), outputs)
}

describe('every operation', () => {
  it('has a case that uses it', () => {
    const used = new Set<string>()
    for (const example of OP_CASES) {
      const program = differentiated(example)
      const { outputs } = program.signatures.main as Signature
      for (const node of topological(Object.values(outputs))) used.add(node.op.name)
    }
    const unused = OPS.map((op) => op.name).filter((name) => !used.has(name) && name !== 'read')
    expect(unused).toEqual([])
  })

  it.each(OP_CASES.map((example) => [title(example), example] as const))(
    'has the gradient that central differences give: %s',
    async (_, example) => {
      const executable = await referenceBackend.compile(differentiated(example))
      const inputs = samples(example.shapes, example.domain === 'positive')
      const at = Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, Float64Array.from(value)]))
      const analytic = executable.evaluate('main', at)
      const eps = 1e-6
      for (const [i] of example.shapes.entries()) {
        const x = at[`x${i}`] as Float64Array
        const numeric = Float64Array.from(x, (value, k) => {
          const loss = (shifted: number) => {
            const moved = x.slice()
            moved[k] = shifted
            return executable.evaluate('main', { ...at, [`x${i}`]: moved }).loss?.[0] as number
          }
          return (loss(value + eps) - loss(value - eps)) / (2 * eps)
        })
        // `max` and `argmax` are used as constants: their cases check just that.
        if (!STOPPED.has(example.op))
          expect(relativeError(analytic[`d${i}`] as Float64Array, numeric)).toBeLessThan(1e-8)
      }
    },
  )
})

const STOPPED = new Set(['max'])

describe.each(Object.entries(backends))('the %s backend', (_, open) => {
  let backend: Backend
  beforeAll(async () => {
    backend = await open()
  })

  it.each(OP_CASES.map((example) => [title(example), example] as const))(
    'equals the reference: %s',
    async (_, example) => {
      const program = differentiated(example)
      const inputs = samples(example.shapes, example.domain === 'positive')
      const wanted = (await referenceBackend.compile(program)).evaluate('main', inputs)
      const executable = await backend.compile(program)
      const got = await executable.run('main', inputs)
      executable.dispose()
      // The loss is left out: a sum that cancels has no relative error worth the name.
      for (const key of Object.keys(wanted).filter((name) => name !== 'loss')) {
        expect(relativeError(got[key] as Float32Array, wanted[key] as Float64Array), key).toBeLessThan(2e-6)
      }
    },
  )
})
