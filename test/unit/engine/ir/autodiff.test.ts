import { describe, expect, it } from 'vitest'
import { referenceBackend } from '../../../../main/engine/backends/reference/backend.ts'
import { type Node, topological } from '../../../../main/engine/ir/graph.ts'
import {
  add,
  fill,
  gradientsOf,
  mul,
  partialsOf,
  placeholder,
  split,
  square,
  stopGradient,
  sumAll,
} from '../../../../main/engine/ops/index.ts'
import { thrownBy } from '../thrown-by.ts'

const x = placeholder('x', 'float32', [4])
const y = placeholder('y', 'float32', [4])

async function evaluated(node: Node) {
  const signatures = { main: { inputs: { x, y }, outputs: { node }, updates: [] } }
  const executable = await referenceBackend.compile({ variables: [], signatures })
  return [...(executable.evaluate('main', { x: [1, 2, 3, 4], y: [5, 6, 7, 8] }).node as Float64Array)]
}
const gradientOf = (loss: Node, leaf: Node) => gradientsOf(loss, [leaf])[0] as Node

describe('reverse-mode differentiation', () => {
  it('adds up every path to a leaf', async () => {
    expect(await evaluated(gradientOf(sumAll(add(mul(x, y), square(x))), x))).toEqual([7, 10, 13, 16])
  })

  it('gives zeros for a leaf that the loss does not depend on', async () => {
    expect(await evaluated(gradientOf(sumAll(x), y))).toEqual([0, 0, 0, 0])
  })

  it('takes a stopped value for a constant', async () => {
    expect(await evaluated(gradientOf(sumAll(mul(x, stopGradient(x))), x))).toEqual([1, 2, 3, 4])
  })

  it('joins the gradients of the parts of a split, with zeros for parts nobody used', async () => {
    const [first, , third] = split(x, [1, 1, 2]) as [Node, Node, Node]
    const loss = add(sumAll(square(first)), sumAll(mul(third, fill(3))))
    expect(await evaluated(gradientOf(loss, x))).toEqual([2, 0, 3, 3])
  })

  it('goes on behind a value whose gradient is asked for, unless they are independent', async () => {
    const inner = square(x)
    const loss = sumAll(mul(inner, x))
    const both = gradientsOf(loss, [inner, x])
    expect(await evaluated(both[0] as Node)).toEqual([1, 2, 3, 4])
    expect(await evaluated(both[1] as Node)).toEqual([3, 12, 27, 48])
    expect(await evaluated(partialsOf(loss, fill(1), [inner, x])[1] as Node)).toEqual([1, 4, 9, 16])
  })

  it('does not build gradients for frozen inputs', () => {
    const before = topological([gradientOf(sumAll(mul(x, y)), x)]).length
    expect(before).toBeLessThan(topological(gradientsOf(sumAll(mul(x, y)), [x, y])).length)
  })

  it('names an op that cannot be differentiated', () => {
    const opaque = { ...square(x), op: { ...square(x).op, name: 'opaque', grad: undefined } } as unknown as Node
    expect(thrownBy(() => gradientOf(sumAll(opaque), x)).message).toContain('opaque has no gradient')
  })
})
