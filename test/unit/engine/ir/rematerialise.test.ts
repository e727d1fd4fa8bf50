import { describe, expect, it } from 'vitest'
import { referenceBackend } from '../../../../main/engine/backends/reference/backend.ts'
import { type Node, type Signature, signatureRoots, topological } from '../../../../main/engine/ir/graph.ts'
import { rematerialise } from '../../../../main/engine/ir/rematerialise.ts'
import { withoutAliases } from '../../../../main/engine/ir/rewrite.ts'
import { verify } from '../../../../main/engine/ir/verify.ts'
import {
  after,
  boundary,
  concat,
  gradientsOf,
  matmul,
  mul,
  placeholder,
  reshape,
  sigmoid,
  split,
  square,
  sumAll,
  tanh,
} from '../../../../main/engine/ops/index.ts'

const SIDE = 128
const square128 = (name: string) => placeholder(name, 'float32', [SIDE, SIDE])
const [x, w, v] = ['x', 'w', 'v'].map(square128) as [Node, Node, Node]

/** One layer over x w, then another, and the gradients in w and v after the pass. */
function gradientsThrough(layer: (u: Node) => Node): { readonly plain: Signature; readonly lean: Signature } {
  const begun = boundary(matmul(x, w))
  const y = boundary(matmul(layer(matmul(begun, v)), v))
  const lossSum = sumAll(square(matmul(boundary(y), v)))
  const [dw, dv] = gradientsOf(lossSum, [w, v]) as [Node, Node]
  const signature = { inputs: { x, w, v }, outputs: { lossSum, dw, dv }, updates: [] }
  const plain = withoutAliases({ variables: [], signatures: { signature } }).signatures.signature as Signature
  return { plain, lean: rematerialise(plain, { after }) }
}
const count = (signature: Signature, op: string) =>
  topological(signatureRoots(signature)).filter((node) => node.op.name === op).length
const waits = (signature: Signature) => topological(signatureRoots(signature)).filter(({ op }) => op.name === 'after')

const swish = (u: Node) => mul(u, sigmoid(u))
/** The right half of the columns before the left one, times what it was: the gradient reads both. */
const swapped = (u: Node) => mul(concat(split(u, [SIDE / 2, SIDE / 2], 1).reverse(), 1), u)

describe('forming again', () => {
  it('copies what is cheap, each copy behind an adjoint', () => {
    const { plain, lean } = gradientsThrough(swish)
    expect([count(plain, 'sigmoid'), count(lean, 'sigmoid')]).toEqual([1, 2])
    const forward = new Set(topological([lean.outputs.lossSum as Node]))
    const gates = waits(lean).map(({ inputs }) => inputs[1] as Node)
    expect(gates.length).toBeGreaterThan(0)
    for (const gate of gates) expect(forward).not.toContain(gate)
  })

  it('repeats no product, and swaps no value for another of its size', () => {
    const { plain, lean } = gradientsThrough(swish)
    expect(count(lean, 'matmul')).toBe(count(plain, 'matmul'))
    // What goes into tanh is read by nothing else.
    expect(gradientsThrough(tanh).lean).toEqual(gradientsThrough(tanh).plain)
  })

  it('keeps what many values can be formed of', () => {
    const { lean } = gradientsThrough((u) => mul(tanh(u), sigmoid(u)))
    expect([count(lean, 'tanh'), count(lean, 'sigmoid')]).toEqual([2, 2])
  })

  it.each([
    ['cut and joined', swapped],
    ['seen in another shape', (u: Node) => reshape(swish(reshape(u, [SIDE / 2, 2 * SIDE])), [SIDE, SIDE])],
  ])('changes no value of what is %s', async (_, layer) => {
    const { plain, lean } = gradientsThrough(layer)
    expect(waits(lean).length).toBeGreaterThan(0)
    verify({ variables: [], signatures: { lean } })
    const executable = await referenceBackend.compile({ variables: [], signatures: { plain, lean } })
    const inputs = Object.fromEntries(
      ['x', 'w', 'v'].map((name, k) => [name, Float32Array.from({ length: SIDE ** 2 }, (_, i) => Math.sin(i + k) / 8)]),
    )
    expect(executable.evaluate('lean', inputs)).toEqual(executable.evaluate('plain', inputs))
  })

  it('leaves a signature without gradients as it is', () => {
    const lossSum = sumAll(boundary(swish(matmul(boundary(x), w))))
    const signature = { inputs: { x, w }, outputs: { lossSum }, updates: [] }
    expect(rematerialise(signature, { after })).toEqual(signature)
  })
})
