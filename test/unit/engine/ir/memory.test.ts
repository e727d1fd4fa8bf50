import { describe, expect, it } from 'vitest'
import type { Node, Program, Variable } from '../../../../main/engine/ir/graph.ts'
import { estimateMemory } from '../../../../main/engine/ir/memory.ts'
import { add, matmul, mul, neg, placeholder, read, reshape, sumAll } from '../../../../main/engine/ops/index.ts'

const KB = 256 // float32 values in a kilobyte
const x = placeholder('x', 'float32', [KB])
const w: Variable = { name: 'w', dtype: 'float32', shape: [KB, 3] }
const of = (...outputs: Node[]): Program => ({
  variables: [w],
  signatures: { main: { inputs: { x }, outputs: Object.fromEntries(outputs.map((y, i) => [i, y])), updates: [] } },
})
const working = (...outputs: Node[]) => estimateMemory(of(...outputs)).working

describe('the memory estimate', () => {
  it('counts state once and intermediate results while they live', () => {
    expect(estimateMemory(of(neg(x))).state).toBe(3 * 1024)
    // A chain needs two results at a time, however long it is.
    expect(working(neg(neg(neg(neg(x)))))).toBe(2 * 1024)
  })

  it('keeps what is used again later', () => {
    const first = neg(x)
    expect(working(add(first, neg(neg(neg(first)))))).toBe(3 * 1024)
  })

  it('counts views as nothing, and keeps what they look at', () => {
    const kept = neg(x)
    const view = reshape(kept, [KB / 2, 2])
    expect(working(add(sumAll(view), sumAll(neg(neg(kept)))))).toBeGreaterThanOrEqual(2 * 1024)
    expect(working(reshape(neg(x), [2, KB / 2]))).toBe(1024)
  })

  it('sums up what is there at once, and not when the sum is asked for', () => {
    const chain = [neg(x)]
    while (chain.length < 8) chain.push(neg(chain.at(-1) as Node))
    // Asked for the last link first, which a walk from there would leave with all the others still to be summed.
    expect(working(chain.at(-1) as Node, ...chain.map(sumAll))).toBeLessThan(2.1 * 1024)
  })

  it('keeps outputs to the end, and names the entry point that needs most', () => {
    expect(working(neg(x), mul(x, x), add(x, x))).toBe(3 * 1024)
    expect(estimateMemory(of(matmul(reshape(x, [1, KB]), read(w)))).signature).toBe('main')
  })
})
