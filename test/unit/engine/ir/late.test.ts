import { describe, expect, it } from 'vitest'
import { referenceBackend } from '../../../../main/engine/backends/reference/backend.ts'
import {
  type Node,
  type Signature,
  signatureRoots,
  topological,
  type Variable,
} from '../../../../main/engine/ir/graph.ts'
import { computeLate } from '../../../../main/engine/ir/late.ts'
import { withoutAliases } from '../../../../main/engine/ir/rewrite.ts'
import { verify } from '../../../../main/engine/ir/verify.ts'
import {
  after,
  gradientsOf,
  matmul,
  mul,
  placeholder,
  randomUniform,
  read,
  scale,
  stopGradient,
  sumAll,
  withGradient,
} from '../../../../main/engine/ops/index.ts'

const SIDE = 128
const variable = (name: string): Variable => ({ name, dtype: 'float32', shape: [SIDE, SIDE] })
const variables = [variable('w1'), variable('w2')]
const x = placeholder('x', 'float32', [1, SIDE])
const seed = placeholder('seed', 'int32', [2])

/** Two layers over weights that are doubled before use, the second with a random mask; the gradient in x. */
function twoLayers(): Signature {
  const [w1, w2] = variables.map((w) => scale(read(w), 2)) as [Node, Node]
  const mask = randomUniform(seed, [SIDE, SIDE])
  const y = matmul(matmul(x, w1), mul(w2, mask))
  const lossSum = sumAll(mul(y, y))
  const [dx] = gradientsOf(lossSum, [x]) as [Node]
  return { inputs: { x, seed }, outputs: { lossSum, dx }, updates: [] }
}

const nodesOf = (signature: Signature, op: string) =>
  topological(signatureRoots(signature)).filter((node) => node.op.name === op)
const late = (signature: Signature) => computeLate(signature, [signature.outputs.lossSum as Node], { after })

describe('computing late', () => {
  it('makes each weight wait for the input of its layer, and again for the adjoint', () => {
    const signature = late(twoLayers())
    verify({ variables, signatures: { main: signature } })
    // Two doubled weights and a mask, once in each pass.
    expect(nodesOf(signature, 'after')).toHaveLength(6)
    expect(nodesOf(signature, 'randomUniform')).toHaveLength(2)
    const gates = nodesOf(signature, 'after').map(({ inputs }) => (inputs[1] as Node).op.name)
    expect(gates).toContain('placeholder')
    expect(gates).toContain('matmul')
  })

  it('changes no value', async () => {
    const plain = twoLayers()
    const executable = await referenceBackend.compile({ variables, signatures: { plain, moved: late(plain) } })
    await executable.write(
      variables.map(({ name }, i) => [name, Float32Array.from({ length: SIDE ** 2 }, (_, k) => Math.sin(k + i))]),
    )
    const inputs = { x: Float32Array.from({ length: SIDE }, Math.cos), seed: Int32Array.of(3, 4) }
    expect(executable.evaluate('moved', inputs)).toEqual(executable.evaluate('plain', inputs))
  })

  it('leaves alone what is small, what is constant, and weights that are read as they are', () => {
    const small: Variable = { name: 'small', dtype: 'float32', shape: [SIDE, 2] }
    const y = matmul(matmul(x, read(variables[0] as Variable)), scale(read(small), 2))
    const signature = { inputs: { x }, outputs: { lossSum: sumAll(y) }, updates: [] }
    expect(nodesOf(late(signature), 'after')).toEqual([])
  })
})

describe('nodes that served the gradient only', () => {
  it('are gone, with what they alone read', () => {
    const w = read(variables[0] as Variable)
    const y = withGradient(stopGradient(scale(x, 2)), [w], () => [null])
    const signature = { inputs: { x }, outputs: { y }, updates: [] }
    const plain = withoutAliases({ variables, signatures: { signature } }).signatures.signature as Signature
    expect(nodesOf(plain, 'withGradient')).toEqual([])
    expect(nodesOf(plain, 'read')).toEqual([])
  })
})
