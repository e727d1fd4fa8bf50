import { expect, test } from 'vitest'
import type { Program, Update, Variable } from '../../../../main/engine/ir/graph.ts'
import { matmul, neg, placeholder, toBfloat16 } from '../../../../main/engine/ops/index.ts'
import { memoryNeed } from '../../../../main/engine/train/memory-need.ts'

const KILO = 2 ** 10
const MEGA = 2 ** 20
const x = placeholder('x', 'float32', [MEGA])
const variable = (name: string): Variable => ({ name, dtype: 'float32', shape: [MEGA] })
const scalar = placeholder('s', 'float32', [])

const programOf = (variables: readonly Variable[], updates: readonly Update[] = []): Program => ({
  variables,
  signatures: { step: { inputs: { x, scalar }, outputs: { y: neg(x) }, updates } },
})

test('what is computed needs somewhat more than it has in one go, and state passes through once more as it is loaded', () => {
  const { state, activations, engine } = memoryNeed(programOf([variable('w')]))
  expect(state).toBe(4 * MEGA)
  expect(activations / (4 * MEGA)).toBeGreaterThan(1)
  expect(engine - memoryNeed(programOf([])).engine).toBe(4 * MEGA)
})

test('what is trained is written down, which takes room', () => {
  const [w, first, second] = [variable('w'), variable('m'), variable('v')] as const
  const kind = { kind: 'adamw', gradient: x, stepSize: scalar, decay: scalar, epsilon: scalar } as const
  const update: Update = { ...kind, variable: w, first, second, beta1: 0.9, beta2: 0.999 }
  const frozen = memoryNeed(programOf([w, first, second])).engine
  const trained = memoryNeed(programOf([w, first, second], [update])).engine
  expect(trained).toBeGreaterThan(frozen + MEGA)
  // Each variable counts once, however many kinds of batch update it.
  const twice = programOf([w, first, second], [update])
  const both = { ...twice, signatures: { a: twice.signatures.step, b: twice.signatures.step } } as Program
  expect(memoryNeed(both).engine).toBe(trained)
})

test('products in bfloat16 take float32 copies where the processor has no instructions for them', () => {
  const narrow = toBfloat16(placeholder('square', 'float32', [KILO, KILO]))
  const program: Program = {
    variables: [],
    signatures: { step: { inputs: {}, outputs: { y: matmul(narrow, narrow) }, updates: [] } },
  }
  const [has, lacks] = [memoryNeed(program), memoryNeed(program, true)]
  // Operands and result, 4 bytes a number each, beside 2 bytes for what is there anyway.
  expect(lacks.activations / has.activations).toBeCloseTo((2 * 2 + 3 * 4) / (2 * 2))
})
