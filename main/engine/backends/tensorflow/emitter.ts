import type { DType, Node, Shape, Variable } from '../../ir/graph.ts'
import type { TfAttr, TfEmitter } from '../../ir/lowering.ts'
import type { NodeDef, TensorProto } from './proto.ts'

export type GraphEmitter = TfEmitter & {
  readonly nodes: readonly NodeDef[]
  /** Adds a node that must run each time (state changes): never shared, may carry control inputs. */
  effect(op: string, inputs: readonly string[], attrs: NodeDef['attrs']): string
  /** The handle of a variable. */
  handle(variable: Variable): string
}

/** Collects GraphDef nodes; asking twice for the same op on the same inputs gives the same node. */
export function graphEmitter(variables: readonly Variable[], kernels: boolean): GraphEmitter {
  const nodes: NodeDef[] = []
  const known = new Map<string, string>()
  const memories = new Map<ArrayBufferLike, number>()
  const byName = new Map(variables.map((variable) => [variable.name, variable]))

  const add = (op: string, inputs: readonly string[], attrs: NodeDef['attrs'], name = `${op}_${nodes.length}`) => {
    nodes.push({ name, op, inputs, attrs })
    return name
  }
  const shared = (op: string, inputs: readonly string[], attrs: NodeDef['attrs'], identity = JSON.stringify(attrs)) => {
    const key = `${op}(${inputs.join()})${identity}`
    const before = known.get(key)
    if (before !== undefined) return before
    const name = add(op, inputs, attrs)
    known.set(key, name)
    return name
  }
  const constant = (tensor: TensorProto) => {
    // Of large constants only those are the same that lie in the same memory; bytes make a key of a few kilobytes at most.
    const { length, buffer, byteOffset } = tensor.bytes
    if (!memories.has(buffer)) memories.set(buffer, memories.size)
    const identity =
      length <= 4096 ? Buffer.from(tensor.bytes).toString('base64') : `#${memories.get(buffer)}:${byteOffset}`
    const attrs = { dtype: { type: tensor.dtype }, value: { tensor } }
    return shared('Const', [], attrs, `${tensor.dtype}[${tensor.shape}]${identity}`)
  }
  const handle = (variable: Variable) => {
    const attrs = {
      ...variableType(variable),
      shared_name: { text: variable.name },
      container: { text: '' },
    }
    return shared('VarHandleOp', [], attrs)
  }
  const whole = (dtype: DType, shape: Shape, data: Float32Array | Int32Array) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    return constant({ dtype, shape, bytes })
  }
  const ints = (values: readonly number[], shape: Shape = [values.length]) =>
    whole('int32', shape, Int32Array.from(values))

  return {
    nodes,
    kernels,
    emit: (op, inputs, attrs: Readonly<Record<string, TfAttr>> = {}) => shared(op, inputs, attrs),
    effect: (op, inputs, attrs) => add(op, inputs, attrs),
    ints,
    constant: (dtype, shape, data) => {
      const size = shape.reduce((product, dim) => product * dim, 1)
      if (data.length === size) return whole(dtype, shape, data)
      return shared('Fill', [ints(shape), whole(dtype, [], data)], {
        T: { type: dtype },
        index_type: { type: 'int32' },
      })
    },
    read: (name) => {
      const variable = byName.get(name) as Variable
      return shared('ReadVariableOp', [handle(variable)], { dtype: { type: variable.dtype } })
    },
    placeholder: (node: Node) => {
      const { dtype, shape, attrs } = node
      return shared('Placeholder', [], { dtype: { type: dtype }, shape: { shape } }, `${attrs.name}:${dtype}[${shape}]`)
    },
    handle,
  }
}

const variableType = ({ dtype, shape }: Variable): NodeDef['attrs'] => ({ dtype: { type: dtype }, shape: { shape } })
