import { describe, expect, it } from 'vitest'
import type { Node, Signature, Variable } from '../../../../main/engine/ir/graph.ts'
import { NO_WORK, plus, workOf } from '../../../../main/engine/ir/work.ts'
import {
  exp,
  gather,
  matmul,
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
