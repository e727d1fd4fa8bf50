import { type Node, type Shape, sameShape, sizeOf } from '../../../ir/graph.ts'

/**
 * The rows that a chain of passes goes through: the leading axes of its arrays. An array has a whole row of numbers for each
 * (`wide`), or one (its last axis is 1).
 */
export type Space = { readonly dims: Shape; readonly width: number }

/** Where an array that is read has its rows: how many numbers further the next one lies, along each leading axis. */
export type Placement = { readonly wide: boolean; readonly strides: readonly number[] }

/** Arrays that are smaller are not worth a thought. */
const SMALL = 4096
/** As `MAX_RANK` in kernels/passes.h, with the width. */
const MAX_RANK = 9

/** Steps that take rows as a whole. */
const BY_ROW = new Set(['sum', 'columnSum', 'softmax', 'rotateHalf'])

/** What the kernel calls an operation: sums of rows and of columns are two, and casts to and from bfloat16 round or do nothing. */
export function stepName({ op, attrs, inputs }: Node): string {
  if (op.name === 'cast') return 'round'
  if (op.name !== 'sum') return op.name
  const last = (inputs[0] as Node).shape.length - 1
  const axes = attrs.axes as readonly number[]
  if (axes.length === 1 && axes[0] === last) return 'sum'
  return axes.length === last && !axes.includes(last) ? 'columnSum' : 'no step'
}

/** The array whose rows a node goes through: its result, or for a sum what it sums up. */
const swept = (node: Node): Shape => (node.op.name === 'sum' ? (node.inputs[0] as Node).shape : node.shape)

/** The space of a node that a chain may take in, null of any other; a width of 1 fits into every space with such leading axes. */
export function spaceOf(node: Node, known: ReadonlySet<string>): Space | null {
  const shape = swept(node)
  const width = shape.at(-1)
  const name = stepName(node)
  if (!known.has(name) || width === undefined || shape.length < 2 || shape.length > MAX_RANK) return null
  if (BY_ROW.has(name) && width === 1) return null
  if (sizeOf(shape) < (width === 1 ? SMALL / 64 : SMALL)) return null
  if (!isComputed(node)) return null
  // A step's rows are as wide as what it reads: a constant that fills rows is one number there.
  if (!node.inputs.some((input) => scalarOf(input) === null && (input.shape.at(-1) ?? 1) === width)) return null
  const space = { dims: shape.slice(0, -1), width }
  return node.inputs.every((input) => scalarOf(input) !== null || placementOf(input, space)) ? space : null
}

/** The types that steps compute: float32, and of bfloat16 what runs have in it, casts and sums. */
function isComputed(node: Node): boolean {
  const half = node.op.name === 'cast' || node.op.name === 'add'
  return [node, ...node.inputs].every(({ dtype }) => dtype === 'float32' || (half && dtype === 'bfloat16'))
}

/** The space that holds both, or null. */
export function joined(a: Space, b: Space): Space | null {
  if (!sameShape(a.dims, b.dims) || (a.width !== b.width && a.width !== 1 && b.width !== 1)) return null
  return a.width === 1 ? b : a
}

/** How an array is read in a space, stretched where its axes are 1; null where it does not fit. */
export function placementOf({ shape }: Node, { dims, width }: Space): Placement | null {
  const last = shape.at(-1) ?? 1
  if (shape.length > dims.length + 1 || (last !== width && last !== 1)) return null
  const own = [...new Array(dims.length + 1 - shape.length).fill(1), ...shape.slice(0, shape.length === 0 ? 0 : -1)]
  const leading = shape.length === 0 ? dims.map(() => 1) : own
  if (leading.some((dim, axis) => dim !== dims[axis] && dim !== 1)) return null
  const strides = leading.map((dim, axis) => (dim === 1 ? 0 : sizeOf(leading.slice(axis + 1)) * last))
  return { wide: last > 1, strides }
}

/** The number that a constant holds everywhere, null of any other node. */
export function scalarOf({ op, attrs, dtype }: Node): number | null {
  if (op.name !== 'constant' || dtype !== 'float32') return null
  const data = attrs.data as Float32Array | Float64Array
  return data.length === 1 ? Math.fround(data[0] as number) : null
}
