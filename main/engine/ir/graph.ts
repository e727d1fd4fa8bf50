import { fault } from '../../../shared/domain/error.ts'
import type { Lowerings } from './lowering.ts'

export type DType = 'float32' | 'bfloat16' | 'int32' | 'bool'
export type Shape = readonly number[]
type Numbers = Float32Array | Float64Array | Int32Array
export type AttrValue = number | boolean | string | readonly number[] | Numbers | Vjp | Variable
export type Attrs = Readonly<Record<string, AttrValue>>

/** A tensor's type: element type and static shape. */
export type TensorType = { readonly dtype: DType; readonly shape: Shape }

/**
 * Given the adjoint of a node and the node itself, the adjoints of its inputs (null: not differentiable or not needed).
 * Arrays it needs are taken from `self.inputs`, never from outside: where a computation is repeated in the backward pass,
 * the inputs are the repeated ones.
 */
export type Vjp = (adjoint: Node, self: Node) => readonly (Node | null)[]

/** One operation's result. Nodes are immutable values; a graph is whatever can be reached from its outputs. */
export type Node = TensorType & {
  readonly op: Op
  readonly inputs: readonly Node[]
  readonly attrs: Attrs
}

/** Everything that is known about an operation, in one place: its type rule, its gradient and its lowerings. */
export type Op = {
  readonly name: string
  /** Result type from input types and attributes; throws by {@link typeError} when they do not fit. */
  readonly type: (inputs: readonly TensorType[], attrs: Attrs) => TensorType
  /** Adjoints of the inputs, again as nodes. Absent: the op is not differentiable. */
  readonly grad?: (adjoint: Node, node: Node) => readonly (Node | null)[]
  /** For ops whose result is a tuple (see `split`): the joint gradient of the parts. */
  readonly gradOfParts?: (adjoints: readonly (Node | undefined)[], node: Node) => readonly (Node | null)[]
  /** Stands for its first input and differs from it in its gradient alone. */
  readonly alias?: true
  readonly lower: Lowerings
}

/** State that lives across executions: base weights, adapters, optimizer moments. */
export type Variable = TensorType & {
  readonly name: string
  /** A float32 variable whose values come as bfloat16, two to an int32 word; a bfloat16 variable's always do. */
  readonly writtenAs?: 'bfloat16'
}

/** Whether values of a variable are handed over as bfloat16, two to an int32 word. */
export const isWrittenPacked = ({ dtype, writtenAs }: Variable): boolean =>
  dtype === 'bfloat16' || writtenAs === 'bfloat16'

/** A change of state at the end of an execution. All values are computed from the state before it. */
export type Update =
  | { readonly kind: 'assign'; readonly variable: Variable; readonly value: Node }
  | ({ readonly kind: 'adamw'; readonly variable: Variable; readonly first: Variable; readonly second: Variable } & {
      readonly gradient: Node
      /** Scalars: learning rate with bias correction folded in, decoupled decay factor lr x weight_decay (null: 0), epsilon hat. */
      readonly stepSize: Node
      readonly decay: Node | null
      readonly epsilon: Node
      readonly beta1: number
      readonly beta2: number
    })

/** One entry point of a program: named inputs and outputs, and the state it changes. */
export type Signature = {
  readonly inputs: Readonly<Record<string, Node>>
  readonly outputs: Readonly<Record<string, Node>>
  readonly updates: readonly Update[]
}

/** Several entry points over shared state; what a backend compiles. */
export type Program = {
  readonly variables: readonly Variable[]
  readonly signatures: Readonly<Record<string, Signature>>
}

/** Builds a node; the op's type rule runs at once, so a wrong shape is reported where it is written. */
export function node(op: Op, inputs: readonly Node[], attrs: Attrs = {}): Node {
  const { dtype, shape } = op.type(inputs, attrs)
  return { op, inputs, attrs, dtype, shape }
}

export const sizeOf = (shape: Shape): number => shape.reduce((product, dim) => product * dim, 1)

/** Bytes of an array in memory; a bool is counted as four, which is what it becomes when it is used. */
export const bytesOf = ({ dtype, shape }: TensorType): number => (dtype === 'bfloat16' ? 2 : 4) * sizeOf(shape)

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((dim, i) => dim === b[i])

export const showType = ({ dtype, shape }: TensorType): string => `${dtype}[${shape.join(',')}]`

/** The error of a type rule: which op, what it got, what it wants. */
export function typeError(op: string, inputs: readonly TensorType[], wanted: string) {
  return fault('internal', `graph: ${op}(${inputs.map(showType).join(', ')}) does not fit: wanted ${wanted}`)
}

/**
 * All nodes reachable from `roots`, inputs before users; what lies before `leaves` is left out. Iterative: graphs are
 * thousands of nodes deep.
 */
export function topological(roots: readonly Node[], leaves: ReadonlySet<Node> = new Set()): Node[] {
  const order: Node[] = []
  const state = new Map<Node, 'open' | 'done'>()
  const stack = [...roots].reverse()
  while (stack.length > 0) {
    const current = stack[stack.length - 1] as Node
    const seen = state.get(current)
    if (seen === undefined) {
      state.set(current, 'open')
      if (leaves.has(current)) continue
      for (let i = current.inputs.length - 1; i >= 0; i--) {
        const input = current.inputs[i] as Node
        if (!state.has(input)) stack.push(input)
      }
      continue
    }
    stack.pop()
    if (seen === 'open') {
      state.set(current, 'done')
      order.push(current)
    }
  }
  return order
}

/** The nodes a signature needs: its outputs and everything its updates read. */
export function signatureRoots({ inputs, outputs, updates }: Signature): Node[] {
  const read = updates.flatMap((update) =>
    update.kind === 'assign'
      ? [update.value]
      : [update.gradient, update.stepSize, ...(update.decay ? [update.decay] : []), update.epsilon],
  )
  return [...Object.values(inputs), ...Object.values(outputs), ...read]
}
