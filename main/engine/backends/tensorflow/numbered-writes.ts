import type { NamedValues, Values, Written } from '../../ir/executable.ts'
import { isWrittenPacked, type Variable } from '../../ir/graph.ts'
import { handedOver } from '../../ir/handed-over.ts'
import { emitBits, placeholder } from '../../ops/index.ts'
import { bytesToLend, lentMemory } from './lent-memory.ts'
import { DONE, type EntryPoint } from './lower.ts'
import type { NodeDef } from './proto.ts'
import type { WriteCall, Writes } from './transfer.ts'

/** Handles are made anew in every call, so that calls of one entry point stay cheap. */
const MOST = 512

type Place = { readonly variable: Variable; readonly number: number; readonly entry: EntryPoint }
type Add = (op: string, inputs: readonly string[], attrs: NodeDef['attrs']) => string

/**
 * Entry points that write the variable of a given number, one for all variables of a kind. TensorFlow optimises the graph
 * of each entry point, in time that grows with its nodes: nodes for each variable cost as much as reading a small model.
 * The handles meet in one tensor, which is possible on the processor alone.
 */
export function numberedWrites(variables: readonly Variable[]): Writes {
  const nodes: NodeDef[] = []
  const add: Add = (op, inputs, attrs) => {
    const name = `write/${op}_${nodes.length}`
    nodes.push({ name, op, inputs, attrs })
    return name
  }
  const places = new Map(
    inParts(variables).flatMap((part) => placesOf(part, add).map((place) => [place.variable.name, place] as const)),
  )
  const most = variables.reduce((bytes, one) => Math.max(bytes, bytesToLend([one])), 0)
  return { signatures: {}, nodes, calls: (values) => calls(values, places, most) }
}

/** Variables of one kind, at most `MOST` of them. */
function inParts(variables: readonly Variable[]): Variable[][] {
  const kinds = Map.groupBy(variables, (variable) => `${variable.dtype} ${isWrittenPacked(variable)}`)
  return [...kinds.values()].flatMap((kind) =>
    Array.from({ length: Math.ceil(kind.length / MOST) }, (_, i) => kind.slice(i * MOST, (i + 1) * MOST)),
  )
}

function placesOf(part: readonly Variable[], add: Add): Place[] {
  const [{ dtype }] = part as [Variable]
  const number = add('Placeholder', [], { dtype: { type: 'int32' }, shape: { shape: [] } })
  const handle = emitHandle(part, number, add)
  const { value, inputsFor } = emitValue(part[0] as Variable, add)
  const assign = add('AssignVariableOp', [handle, value], { dtype: { type: dtype }, validate_shape: { bool: true } })
  const done = add('Identity', [constant(Float32Array.of(1), add), `^${assign}`], { T: { type: 'float32' } })
  const numberInput = { name: 'number', node: placeholder('number', 'int32', []), tensor: `${number}:0` }
  return part.map((variable, i) => ({
    variable,
    number: i,
    entry: { inputs: [numberInput, ...inputsFor(variable)], outputs: [{ name: DONE, tensor: `${done}:0` }] },
  }))
}

/** The handle of the variable with a number. */
function emitHandle(part: readonly Variable[], number: string, add: Add): string {
  const handles = add('_VarHandlesOp', [], {
    containers: { texts: part.map(() => '') },
    shared_names: { texts: part.map(({ name }) => name) },
    N: { int: part.length },
    dtypes: { types: part.map(({ dtype }) => dtype) },
    shapes: { shapes: part.map(({ shape }) => shape) },
  })
  const names = part.map((_, i) => `${handles}:${i}`)
  const together = add('Pack', names, { T: { type: 'resource' }, N: { int: part.length }, axis: { int: 0 } })
  const axis = constant(Int32Array.of(0), add)
  const attrs = { Tparams: { type: 'resource' }, Tindices: { type: 'int32' }, Taxis: { type: 'int32' } } as const
  return add('GatherV2', [together, number, axis], { ...attrs, batch_dims: { int: 0 } })
}

type Value = { readonly value: string; inputsFor(variable: Variable): EntryPoint['inputs'] }

/** The value that is fed, of whatever shape the variable has; of bits, with how many there are and in what shape. */
function emitValue(kind: Variable, add: Add): Value {
  const { dtype } = handedOver(kind)
  const fed = (name: string, type: 'float32' | 'int32') => {
    const node = add('Placeholder', [], { dtype: { type } })
    return {
      node,
      input: (shape: readonly number[]) => ({ name, node: placeholder(name, type, shape), tensor: `${node}:0` }),
    }
  }
  const value = fed('value', dtype)
  if (!isWrittenPacked(kind)) return { value: value.node, inputsFor: ({ shape }) => [value.input(shape)] }
  const [size, shape] = [fed('size', 'int32'), fed('shape', 'int32')]
  return {
    value: emitOfBits(kind, value.node, size.node, shape.node, add),
    inputsFor: (variable) => [
      value.input([handedOver(variable).length]),
      size.input([1]),
      shape.input([variable.shape.length]),
    ],
  }
}

/** Words of two bfloat16 each as the variable's values. */
function emitOfBits({ dtype }: Variable, words: string, size: string, shape: string, add: Add): string {
  const ints = (values: readonly number[]) => constant(Int32Array.from(values), add, [values.length])
  const values = emitBits({ emit: (op, inputs, attrs = {}) => add(op, inputs, attrs), ints }, words, size, shape)
  if (dtype === 'bfloat16') return values
  return add('Cast', [values], { SrcT: { type: 'bfloat16' }, DstT: { type: dtype }, Truncate: { bool: false } })
}

function constant(data: Float32Array | Int32Array, add: Add, shape: readonly number[] = []): string {
  const dtype = data instanceof Float32Array ? 'float32' : 'int32'
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  return add('Const', [], { dtype: { type: dtype }, value: { tensor: { dtype, shape, bytes } } })
}

/** One call a variable. What comes as a function fills memory that the next call has, when that is asked for. */
function* calls(
  values: Iterable<readonly [string, Written]>,
  places: ReadonlyMap<string, Place>,
  most: number,
): Iterable<WriteCall> {
  const memory = lentMemory(most)
  try {
    for (const [name, written] of values) {
      const place = places.get(name)
      if (!place) throw new Error(`write: no variable ${name}`)
      const lent = memory.lend()
      yield {
        name: `write ${name}`,
        entry: place.entry,
        inputs: inputsOf(place, lent.valuesOf(written, place.variable)),
      }
      lent.giveBack()
    }
  } finally {
    memory.close()
  }
}

const inputsOf = ({ variable: { shape }, number }: Place, value: Values): NamedValues => ({
  number: Int32Array.of(number),
  value,
  size: Int32Array.of(shape.reduce((product, dim) => product * dim, 1)),
  shape: Int32Array.from(shape),
})
