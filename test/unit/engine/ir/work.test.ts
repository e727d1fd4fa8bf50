import { describe, expect, it } from 'vitest'
import { withPasses } from '../../../../main/engine/backends/tensorflow/passes/fuse.ts'
import { KNOWN_PASSES } from '../../../../main/engine/backends/tensorflow/passes/known.ts'
import type { Node, Signature, Variable } from '../../../../main/engine/ir/graph.ts'
import { NO_WORK, plus, workOf } from '../../../../main/engine/ir/work.ts'
import {
  attention,
  boundary,
  exp,
  gather,
  gradientsOf,
  matmul,
  mul,
  neg,
  placeholder,
  read,
  reshape,
  sumAll,
  toBfloat16,
} from '../../../../main/engine/ops/index.ts'

const x = placeholder('x', 'float32', [6, 8])
const w: Variable = { name: 'w', dtype: 'float32', shape: [8, 5] }
const of = (output: Node, updates: Signature['updates'] = []) => workOf({ inputs: {}, outputs: { output }, updates })

describe('the work of an entry point', () => {
  it('counts two operations for each product of two numbers, whichever way the operands lie', () => {
    expect(of(matmul(x, read(w)))).toEqual({ ...NO_WORK, products: 2 * 6 * 8 * 5, nodes: 1 })
    const turned = placeholder('t', 'float32', [8, 6])
    expect(of(matmul(turned, read(w), { transposeA: true })).products).toBe(2 * 6 * 8 * 5)
    expect(of(matmul(x, placeholder('u', 'float32', [5, 8]), { transposeB: true })).products).toBe(2 * 6 * 8 * 5)
  })

  it('keeps stacks and bfloat16 apart', () => {
    const stack = placeholder('s', 'float32', [3, 4, 4])
    expect(of(matmul(stack, stack)).stacks).toBe(2 * 3 * 4 * 4 * 4)
    const narrow = placeholder('n', 'bfloat16', [4, 4])
    expect(of(matmul(narrow, narrow)).bfloat16Products).toBe(2 * 4 * 4 * 4)
  })

  it('counts attention as two stacks of products and its gradient as five, of which masks leave some', () => {
    const shapes = [
      [2, 6, 4, 16],
      [2, 8, 2, 16],
      [2, 8, 2, 16],
      [1, 1, 8],
    ]
    const inputs = shapes.map((shape, i) => placeholder(`a${i}`, 'float32', shape)) as [Node, Node, Node, Node]
    const y = attention(...inputs)
    const whole = 2 * 2 * 4 * 6 * 8 * 16
    expect(of(y).stacks).toBeCloseTo(0.6 * 2 * whole)
    const [dq] = gradientsOf(sumAll(y), inputs.slice(0, 3)) as [Node]
    expect(of(dq).stacks).toBeCloseTo(0.6 * 5 * whole)
  })

  it('counts of a chain of passes what goes in and comes out', () => {
    const big = placeholder('big', 'float32', [64, 80])
    const other = placeholder('other', 'float32', [64, 80])
    const y = boundary(exp(mul(neg(boundary(big)), other)))
    const program = { variables: [], signatures: { main: { inputs: { big, other }, outputs: { y }, updates: [] } } }
    const { main } = withPasses(program, KNOWN_PASSES).signatures
    expect(workOf(main as Signature).bytes).toBe(3 * 4 * 64 * 80)
    expect(workOf(program.signatures.main).bytes).toBeGreaterThan(7 * 4 * 64 * 80)
  })

  it('counts what other nodes read and write, views nothing, and slow functions for more', () => {
    const bytes = 4 * 6 * 8
    expect(of(neg(x))).toEqual({ ...NO_WORK, bytes: 2 * bytes, nodes: 1 })
    expect(of(reshape(neg(x), [48]))).toEqual(of(neg(x)))
    expect(of(toBfloat16(x)).bytes).toBe(bytes + bytes / 2)
    expect(of(sumAll(x)).bytes).toBe(bytes + 4)
    expect(of(exp(x)).bytes).toBeGreaterThan(of(neg(x)).bytes)
  })

  it('counts of a table the rows that are taken', () => {
    const table: Variable = { name: 'table', dtype: 'float32', shape: [1000, 8] }
    const ids = placeholder('ids', 'int32', [3])
    expect(of(gather(read(table), ids)).bytes).toBe(2 * 4 * 3 * 8 + 4 * 3)
  })

  it('counts the optimizer by what it touches', () => {
    const scalar = placeholder('rate', 'float32', [])
    const moment = { ...w, name: 'm' }
    const gradient = placeholder('g', 'float32', [8, 5])
    const update = {
      kind: 'adamw',
      variable: w,
      first: moment,
      second: { ...w, name: 'v' },
      gradient,
      stepSize: scalar,
      decay: scalar,
      epsilon: scalar,
      beta1: 0.9,
      beta2: 0.999,
    } as const
    expect(workOf({ inputs: {}, outputs: {}, updates: [update] }).bytes).toBe(7 * 4 * 8 * 5)
  })

  it('adds up', () => {
    const one = { products: 1, bfloat16Products: 2, stacks: 3, bytes: 4, nodes: 5 }
    expect(plus(one, one, 2)).toEqual({ products: 3, bfloat16Products: 6, stacks: 9, bytes: 12, nodes: 15 })
  })
})
