import type { Values } from '../../ir/executable.ts'
import { type Node, type Shape, sizeOf, type Variable } from '../../ir/graph.ts'
import { after, constant, gather, halfWords, mul, read, reshape, slice } from '../../ops/index.ts'
import { BLOCK, dequantise, type Packed, type Quantisation, quantise, SCHEMES, wordsOfBlock } from './codes.ts'
import type { HeldWeight } from './held-weight.ts'

/** A weight held as codes and scales. Rows can be had singly where they are made of whole blocks. */
export function asCodes(name: string, shape: Shape, kind: Quantisation): HeldWeight {
  const size = sizeOf(shape)
  const blocks = Math.ceil(size / BLOCK)
  const words: Variable = { name: `codes/${name}`, dtype: 'int32', shape: [blocks * wordsOfBlock(kind)] }
  const absmax: Variable = { name: `absmax/${name}`, dtype: 'float32', shape: [blocks, 1] }
  const [codes, scales] = [read(words), read(absmax)]
  const whole = (gate: Node | null) => {
    const flat = unpacked(gate ? after(codes, gate) : codes, scales, kind)
    return reshape(size === blocks * BLOCK ? flat : slice(flat, 0, size), shape)
  }
  return {
    name,
    shape,
    kind,
    variables: [words, absmax],
    pack: (values, at, into) => quantise(values, kind, behind(into, kind, at / BLOCK)),
    seen: (weight) => {
      const packed = { words: new Int32Array(blocks * wordsOfBlock(kind)), absmax: new Float32Array(blocks) }
      quantise(weight, kind, packed)
      return dequantise(packed, kind, size)
    },
    whole,
    rows: (ids) => (hasWholeRows(shape) ? rowsOf(codes, scales, shape, kind, ids) : gather(whole(ids), ids)),
  }
}

/** What is packed from a block on, of the arrays for all blocks. */
const behind = ([words, absmax]: readonly Values[], kind: Quantisation, block: number): Packed => ({
  words: (words as Int32Array).subarray(block * wordsOfBlock(kind)),
  absmax: (absmax as Float32Array).subarray(block),
})

/** Whether no block reaches from one row into the next. */
export const hasWholeRows = (shape: Shape): boolean => shape.length === 2 && (shape[1] as number) % BLOCK === 0

/** Gathers codes and scales, and unpacks only those. */
function rowsOf(codes: Node, scales: Node, shape: Shape, kind: Quantisation, ids: Node): Node {
  const [rows, width] = shape as [number, number]
  const count = ids.shape[0] as number
  const chosen = (x: Node) => gather(reshape(x, [rows, sizeOf(x.shape) / rows]), ids)
  const ownCodes = chosen(codes)
  const ownScales = reshape(chosen(scales), [(count * width) / BLOCK, 1])
  return reshape(unpacked(reshape(ownCodes, [sizeOf(ownCodes.shape)]), ownScales, kind), [count, width])
}

/** All values of words [n] with one scale for each block [blocks, 1], flat. */
function unpacked(words: Node, scales: Node, kind: Quantisation): Node {
  const blocks = scales.shape[0] as number
  const values = gather(tableOf(kind), halfWords(words))
  return reshape(mul(reshape(values, [blocks, BLOCK]), scales), [blocks * BLOCK])
}

/**
 * What the codes in 16 bits stand for, for all 65,536 of them: two or four values are then one look-up, which is what
 * makes unpacking cost a few passes over the codes and not over single bits.
 */
function tableOf(kind: Quantisation): Node {
  const known = tables.get(kind)
  if (known) return known
  const { bits, values } = SCHEMES[kind]
  const each = 16 / bits
  const table = Float32Array.from({ length: 65_536 * each }, (_, i) => {
    const code = (Math.floor(i / each) >>> (bits * (i % each))) & (2 ** bits - 1)
    return values[code] as number
  })
  const node = constant(table, [65_536, each])
  tables.set(kind, node)
  return node
}

/** One node for all weights, so that a graph holds each table once. */
const tables = new Map<Quantisation, Node>()
