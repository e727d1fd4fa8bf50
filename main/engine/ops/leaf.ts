import { type Node, node, type Op, type Shape, sizeOf, type TensorType, typeError, type Variable } from '../ir/graph.ts'
import { tfjsType } from '../ir/lowering.ts'

const noInputs = (name: string, type: TensorType) => (inputs: readonly TensorType[]) => {
  if (inputs.length > 0) throw typeError(name, inputs, 'no inputs')
  return type
}

const declaredType = (attrs: Node['attrs']): TensorType => ({
  dtype: attrs.dtype as TensorType['dtype'],
  shape: attrs.shape as Shape,
})

type ConstantData = Float32Array | Float64Array | Int32Array

/** The data of a constant as backends hold it; only the float64 interpreter keeps what float32 rounds away. */
export const heldData = ({ data }: Node['attrs']): Float32Array | Int32Array =>
  data instanceof Float64Array ? Float32Array.from(data) : (data as Float32Array | Int32Array)

/** A fixed array. Data of one element fills the whole shape. */
export const constantOp: Op = {
  name: 'constant',
  type: (inputs, attrs) => noInputs('constant', declaredType(attrs))(inputs),
  lower: {
    tensorflow: (tf, _, { dtype, shape, attrs }) => tf.constant(dtype, shape, heldData(attrs)),
    tfjs: (tf, _, { dtype, shape, attrs }) => {
      const data = heldData(attrs)
      return data.length === 1 && sizeOf(shape) !== 1
        ? tf.fill([...shape], data[0] as number, tfjsType(dtype))
        : tf.tensor(data, [...shape], tfjsType(dtype))
    },
    reference: (_, { shape, attrs }) => {
      const data = attrs.data as ConstantData
      const size = sizeOf(shape)
      return { shape, data: data.length === size ? Float64Array.from(data) : new Float64Array(size).fill(data[0] ?? 0) }
    },
  },
}

/** What a caller feeds at each execution. Backends supply it; it is never lowered by itself. */
export const placeholderOp: Op = {
  name: 'placeholder',
  type: (inputs, attrs) => noInputs('placeholder', declaredType(attrs))(inputs),
  lower: { tensorflow: (tf, _, node) => tf.placeholder(node), tfjs: supplied, reference: supplied },
}

/** The value of a state variable before any update of this execution. */
export const readOp: Op = {
  name: 'read',
  type: (inputs, attrs) => noInputs('read', attrs.variable as Variable)(inputs),
  lower: {
    tensorflow: (tf, _, { attrs }) => tf.read((attrs.variable as Variable).name),
    tfjs: supplied,
    reference: supplied,
  },
}

function supplied(): never {
  throw new Error('leaves are supplied by the backend')
}

/** A float32 scalar or an array filled with one value. */
export const fill = (value: number, shape: Shape = []): Node =>
  node(constantOp, [], { dtype: 'float32', shape, data: Float64Array.of(value) })

/** A fixed float32 array, row-major; float64 data is rounded by the backend. */
export const constant = (data: Float32Array | Float64Array, shape: Shape): Node =>
  node(constantOp, [], { dtype: 'float32', shape, data })

/** A fixed int32 array, row-major. */
export const intConstant = (data: Int32Array, shape: Shape): Node =>
  node(constantOp, [], { dtype: 'int32', shape, data })

export const placeholder = (name: string, dtype: TensorType['dtype'], shape: Shape): Node =>
  node(placeholderOp, [], { name, dtype, shape })

export const read = (variable: Variable): Node => node(readOp, [], { variable })
