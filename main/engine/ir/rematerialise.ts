import { bytesOf, type Node, type Signature, signatureRoots, sizeOf, topological } from './graph.ts'
import { isView } from './memory.ts'
import { lastBoundaries } from './regions.ts'
import { mapSignature, withInputs } from './rewrite.ts'
import { bytesThrough } from './work.ts'

/** Results from this many elements on are worth forming again. */
const LARGE = 16_384
/** What is this many times smaller than what is formed of it may be kept for that (the root of a row's mean square). */
const SMALLER = 32
/** Bytes that may go through the processor for each byte that need not be kept. */
const DEAREST = 10

/** Ops that go through their arrays once, element by element. What is dropped is thinned by `toFloat` of a mask: too many passes. */
const CHEAP = new Set([
  'abs',
  'add',
  'broadcastTo',
  'cast',
  'concat',
  'div',
  'equal',
  'erf',
  'exp',
  'greaterEqual',
  'maximum',
  'mul',
  'neg',
  'select',
  'sigmoid',
  'sigmoidGrad',
  'split',
  'square',
  'sub',
  'tanh',
  'tanhGrad',
  'transpose',
])

/** Other looks at an array, which follow it where it is formed again. */
const isLook = (node: Node): boolean =>
  node.op.name === 'reshape' || node.op.name === 'part' || (node.op.name === 'split' && isView(node))

type Order = { readonly after: (x: Node, gate: Node) => Node }

/**
 * The same signature, in which a layer's backward pass forms again what it can have cheaply from other values that are kept
 * for it (the output of a norm, of an activation), instead of keeping it since the forward pass. Layers are told apart by
 * boundaries: whatever a region reads from an earlier one is kept in between. A copy waits for an adjoint that its user
 * needs, so that it is neither formed early nor taken for the first one. Results of less than `large` elements stay.
 */
export function rematerialise(signature: Signature, { after }: Order, large = LARGE): Signature {
  const order = topological(signatureRoots(signature))
  const regions = lastBoundaries(order)
  const again = formedAgain(order, regions, new Set(signatureRoots(signature)), large)
  const position = new Map(order.map((node, i) => [node, i]))
  const begun = new Map(order.filter(({ op }) => op.name === 'boundary').map((node) => [regions.get(node), node]))
  const moved = new Map<Node, Node>()
  const now = (node: Node) => moved.get(node) ?? node
  const copies = new Map<Node, Node>()
  const copy = (node: Node, gate: Node): Node => {
    const before = copies.get(node)
    if (before) return before
    const inputs = node.inputs.map((input) => (again.has(input) ? copy(input, gate) : now(input)))
    const made = withInputs(node, node.inputs.some((input) => again.has(input)) ? inputs : waiting(inputs, gate, after))
    copies.set(node, made)
    return made
  }
  for (const user of order) {
    const region = regions.get(user) as number
    const gate = () => now(latest(user, region, regions, position) ?? (begun.get(region) as Node))
    moved.set(
      user,
      withInputs(
        user,
        user.inputs.map((input) => (again.get(input) === region ? copy(input, gate()) : now(input))),
      ),
    )
  }
  return mapSignature(signature, now)
}

/** The inputs, of which the largest is not there before the gate. */
function waiting(inputs: readonly Node[], gate: Node, after: Order['after']): readonly Node[] {
  const largest = inputs.reduce((most, input) => (bytesOf(input) > bytesOf(most) ? input : most))
  return inputs.map((input) => (input === largest ? after(input, gate) : input))
}

/** The input that is computed last, of those that belong to the user's own region. */
function latest(
  { inputs }: Node,
  region: number,
  regions: ReadonlyMap<Node, number>,
  position: ReadonlyMap<Node, number>,
): Node | undefined {
  const own = inputs.filter((input) => regions.get(input) === region)
  return own.sort((a, b) => (position.get(b) as number) - (position.get(a) as number))[0]
}

/** The nodes to be formed again, each with the region that does so. */
function formedAgain(
  order: readonly Node[],
  regions: ReadonlyMap<Node, number>,
  roots: ReadonlySet<Node>,
  large: number,
): ReadonlyMap<Node, number> {
  const readers = readingRegions(order, regions)
  const candidates = order.flatMap((node): Candidate[] => {
    const own = regions.get(node) as number
    const [user, ...more] = [...(readers.get(node) ?? [])].filter((region) => region > own)
    return user === undefined || more.length > 0 || own === 0 || roots.has(node) ? [] : [{ node, own, user }]
  })
  const known: Known = { regions, readers, large, kept: new Set(), again: new Map() }
  return chosen(candidates, { ...known, kept: worthKeeping(candidates, known) })
}

/** Takes in order what can be formed from what is there, or from what was taken before. */
function chosen(candidates: readonly Candidate[], known: Known): ReadonlyMap<Node, number> {
  const again = new Map<Node, number>()
  for (const candidate of candidates) {
    const { node, user } = candidate
    if (isLook(node) && again.get(node.inputs[0] as Node) === user) again.set(node, user)
    if (!isWorthIt(node, known)) continue
    const { parts, bytes, missing } = planOf(candidate, { ...known, again })
    if (missing.size === 0 && bytes <= DEAREST * bytesOf(node)) for (const part of parts) again.set(part, user)
  }
  return again
}

/** Values that no later region reads, but of which results that take more memory could be formed again. */
function worthKeeping(candidates: readonly Candidate[], known: Known): ReadonlySet<Node> {
  const saved = new Map<Node, number>()
  for (const candidate of candidates) {
    if (!isWorthIt(candidate.node, known)) continue
    const [value, ...more] = planOf(candidate, known).missing
    if (value && more.length === 0) saved.set(value, (saved.get(value) ?? 0) + bytesOf(candidate.node))
  }
  return new Set([...saved].filter(([value, bytes]) => bytes > bytesOf(value)).map(([value]) => value))
}

const isWorthIt = ({ op, dtype, shape }: Node, { large }: Known): boolean =>
  CHEAP.has(op.name) && dtype !== 'bool' && dtype !== 'int32' && sizeOf(shape) >= large

/** Regions that read a node, be it through a view. */
function readingRegions(order: readonly Node[], regions: ReadonlyMap<Node, number>) {
  const readers = new Map<Node, Set<number>>(order.map((node) => [node, new Set()]))
  for (const node of [...order].reverse()) {
    const through = isView(node) ? (readers.get(node) as Set<number>) : []
    for (const input of node.inputs) {
      const known = readers.get(input) as Set<number>
      for (const region of [regions.get(node) as number, ...through]) known.add(region)
    }
  }
  return readers
}

/** A node of the region `own` that one later region reads. */
type Candidate = { readonly node: Node; readonly own: number; readonly user: number }
type Known = {
  readonly regions: ReadonlyMap<Node, number>
  readonly readers: ReadonlyMap<Node, ReadonlySet<number>>
  readonly large: number
  /** Values that are kept for what can be formed of them. */
  readonly kept: ReadonlySet<Node>
  readonly again: ReadonlyMap<Node, number>
}
/** What has to be formed again for a candidate, the bytes that this moves, and the values that it would need and has not. */
type Plan = { readonly parts: readonly Node[]; readonly bytes: number; readonly missing: ReadonlySet<Node> }

function planOf(candidate: Candidate, known: Known): Plan {
  const parts = [candidate.node]
  const missing = new Set<Node>()
  let bytes = 0
  // An array hands out what is pushed while it is gone through.
  for (const node of parts) {
    if (!isView(node)) bytes += bytesThrough(node)
    for (const input of node.inputs) {
      if (parts.includes(input) || isThere(input, candidate, known)) continue
      if (canBeFormed(input, candidate.own, known)) parts.push(input)
      else missing.add(input)
    }
  }
  return { parts, bytes, missing }
}

const canBeFormed = (node: Node, own: number, { regions }: Known): boolean =>
  regions.get(node) === own && (CHEAP.has(node.op.name) || isLook(node))

/** Whether a region has a value anyway: as state, as data, because it is small, or because it or a later region reads it. */
function isThere(value: Node, candidate: Candidate, known: Known): boolean {
  const { node, user } = candidate
  const { readers, kept, again } = known
  if (again.get(value) === user || value.inputs.length === 0 || kept.has(value)) return true
  if (SMALLER * bytesOf(value) <= bytesOf(node)) return true
  // What waits is one array, so pieces are formed again only together with what they are pieces of.
  const [whole] = value.inputs
  if (value.op.name === 'part' && whole && !again.has(whole)) return isThere(whole, candidate, known)
  if (isLook(value) || again.has(value)) return false
  return [...(readers.get(value) ?? [])].some((region) => region >= user)
}
