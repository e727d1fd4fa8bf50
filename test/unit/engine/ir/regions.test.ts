import { describe, expect, it } from 'vitest'
import { type Node, topological, type Variable } from '../../../../main/engine/ir/graph.ts'
import { regionsOf } from '../../../../main/engine/ir/regions.ts'
import {
  boundary,
  gradientsOf,
  matmul,
  mul,
  placeholder,
  read,
  scale,
  sumAll,
} from '../../../../main/engine/ops/index.ts'

const variables: Variable[] = ['w1', 'w2', 'w3'].map((name) => ({ name, dtype: 'float32', shape: [4, 4] }))
const x = placeholder('x', 'float32', [2, 4])

/** Three layers with doubled weights and the gradient in the input, whose weights are used forward and backward. */
function threeLayers() {
  const weights = variables.map((w) => scale(read(w), 2))
  const y = weights.reduce((h, w) => boundary(matmul(boundary(h), w)), x)
  const lossSum = sumAll(mul(y, y))
  const [dx] = gradientsOf(lossSum, [x]) as [Node]
  return { weights, lossSum, dx }
}

describe('regions', () => {
  const { weights, lossSum, dx } = threeLayers()
  const order = topological([lossSum, dx])
  const regions = regionsOf(order, [lossSum, dx])
  const at = (node: Node) => regions.get(node) as number

  it('never read from a later one', () => {
    for (const node of order) for (const input of node.inputs) expect(at(input)).toBeLessThanOrEqual(at(node))
  })

  it('begin at every boundary', () => {
    const begun = order.filter(({ op }) => op.name === 'boundary').map(at)
    expect(begun).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
  })

  it('hold the weight that a layer makes for itself, but not state and data', () => {
    expect(weights.map(at)).toEqual([1, 3, 5])
    expect(order.filter(({ op }) => op.name === 'read' || op.name === 'placeholder').map(at)).toEqual([0, 0, 0, 0])
  })

  it('leave in front what many of them use, and what the caller wants', () => {
    const shared = scale(read(variables[0] as Variable), 3)
    const own = scale(read(variables[1] as Variable), 3)
    const y = [1, 2, 3].reduce((h) => boundary(matmul(boundary(h), shared)), matmul(x, own))
    const found = regionsOf(topological([y, own]), [y, own])
    expect([found.get(shared), found.get(own)]).toEqual([0, 0])
  })
})
