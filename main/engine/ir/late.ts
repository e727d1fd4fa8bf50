import { type Node, type Signature, signatureRoots, sizeOf, topological } from './graph.ts'
import { mapSignature, withInputs } from './rewrite.ts'

/** Results from this many elements on are worth waiting for. */
const LARGE = 16_384
/** Placeholders up to this size are seeds and scalars, not data. */
const SCALAR = 16

type Order = { readonly after: (x: Node, gate: Node) => Node }

/**
 * The same signature, in which every large result that depends on state alone (a merged or unpacked weight) is
 * computed when the layer that uses it has its input, and once more for the backward pass: not for all layers at
 * the start, and not kept in between. `forward` is what the forward pass ends in; the rest is the backward pass.
 */
export function computeLate(signature: Signature, forward: readonly Node[], { after }: Order): Signature {
  const order = topological(signatureRoots(signature))
  const position = new Map(order.map((current, i) => [current, i]))
  const early = earlyNodes(order)
  const first = new Set(topological(forward))
  const copies = { forward: new Map<Node, Node>(), backward: new Map<Node, Node>() }
  const moved = new Map<Node, Node>()
  const now = (x: Node) => moved.get(x) ?? x
  for (const user of order) {
    if (early.has(user) || user.inputs.length === 0) continue
    const pass = copies[first.has(user) ? 'forward' : 'backward']
    const gate = now(latest(user, early, position))
    const inputs = user.inputs.map((input) => {
      if (!isLate(input, early)) return now(input)
      const copy = pass.get(input) ?? gated(input, early, (x) => after(x, gate))
      pass.set(input, copy)
      return copy
    })
    moved.set(user, withInputs(user, inputs))
  }
  return mapSignature(signature, now)
}

type Early = ReadonlyMap<Node, 'constant' | 'state'>

/** Nodes that could be computed before any data is there, and whether they change from step to step. */
function earlyNodes(order: readonly Node[]): Early {
  const early = new Map<Node, 'constant' | 'state'>()
  for (const current of order) {
    const { op, inputs, shape } = current
    if (op.name === 'constant') early.set(current, 'constant')
    else if (op.name === 'read' || (op.name === 'placeholder' && sizeOf(shape) <= SCALAR)) early.set(current, 'state')
    else if (inputs.length > 0 && inputs.every((input) => early.has(input)))
      early.set(current, inputs.some((input) => early.get(input) === 'state') ? 'state' : 'constant')
  }
  return early
}

/** Pieces of one array come all at once, so they cannot wait for each other. */
const isLate = (x: Node, early: Early): boolean =>
  early.get(x) === 'state' &&
  x.inputs.length > 0 &&
  x.op.name !== 'part' &&
  x.op.name !== 'split' &&
  sizeOf(x.shape) >= LARGE

/** The input of a node that is computed last, among those that need data. */
function latest({ inputs }: Node, early: Early, position: ReadonlyMap<Node, number>): Node {
  const at = (x: Node) => position.get(x) as number
  return inputs.filter((input) => !early.has(input)).reduce((last, input) => (at(input) > at(last) ? input : last))
}

/** `x` computed anew from its large parts on, each beginning no sooner than `wait` allows. */
function gated(x: Node, early: Early, wait: (x: Node) => Node): Node {
  const inputs = x.inputs.map((input) => (isLate(input, early) ? gated(input, early, wait) : input))
  if (inputs.some((input, i) => input !== x.inputs[i])) return withInputs(x, inputs)
  const [largest] = [...x.inputs].sort((a, b) => sizeOf(b.shape) - sizeOf(a.shape))
  return withInputs(
    x,
    x.inputs.map((input) => (input === largest ? wait(input) : input)),
  )
}
