import { fault } from '../../../../shared/domain/error.ts'
import { roundedToBf16, unpackBf16 } from '../../bfloat16.ts'
import type { Backend, Executable, NamedValues, Values } from '../../ir/executable.ts'
import { isWrittenPacked, type Node, type Program, sizeOf, type Update, type Variable } from '../../ir/graph.ts'
import { valuesOf } from '../../ir/handed-over.ts'
import type { NdArray } from '../../ir/lowering.ts'
import { evaluate } from '../interpreter.ts'

type Inputs = Readonly<Record<string, ArrayLike<number>>>
/** The reference interpreter also takes and gives float64, which the gradient checks need. */
export type ReferenceExecutable = Executable & {
  evaluate(signature: string, inputs: Inputs): Record<string, Float64Array>
  readonly state: Map<string, Float64Array>
}

/** Plain float64 loops: slow, exact, and independent of both TensorFlow and tfjs. */
export const referenceBackend: Omit<Backend, 'compile'> & {
  compile(program: Program): Promise<ReferenceExecutable>
} = {
  kind: 'reference',
  device: 'reference interpreter (float64)',
  versions: {},
  compile: async (program) => referenceExecutable(program),
}

function referenceExecutable(program: Program): ReferenceExecutable {
  const state = new Map(program.variables.map(({ name, shape }) => [name, new Float64Array(sizeOf(shape))]))
  const variables = new Map(program.variables.map((variable) => [variable.name, variable]))
  const packed = new Map(
    program.variables
      .filter(isWrittenPacked)
      .map(({ name, shape }) => [name, (words: Values) => unpackBf16(words as Int32Array, sizeOf(shape))] as const),
  )
  const run = (name: string, inputs: Inputs) => {
    const signature = program.signatures[name]
    if (!signature) throw fault('internal', `no entry point ${name}`)
    const leaf = (node: Node): NdArray => ({ shape: node.shape, data: leafData(node, inputs, state) })
    const values = evaluate<NdArray>(signature, {
      leaf,
      apply: (node, operands) => inOwnType(node, node.op.lower.reference(operands, node)),
      share: (value) => value,
      release: () => {},
    })
    const data = (node: Node) => (values.get(node) as NdArray).data
    const outputs = Object.entries(signature.outputs).map(([key, node]) => [key, data(node).slice()] as const)
    applyUpdates(signature.updates, data, state)
    return Object.fromEntries(outputs)
  }
  return {
    nodeCount: 0,
    state,
    evaluate: run,
    run: async (name, inputs: NamedValues) =>
      Object.fromEntries(Object.entries(run(name, inputs)).map(([key, data]) => [key, Float32Array.from(data)])),
    write: async (values) => {
      for (const [name, written] of values) {
        const value = valuesOf(written, variables.get(name) as Variable)
        state.set(name, Float64Array.from(packed.get(name)?.(value) ?? value))
      }
    },
    read: function* (names) {
      for (const name of names) yield [name, Float32Array.from(state.get(name) ?? [])] as const
    },
    dispose: () => state.clear(),
  }
}

function leafData(node: Node, inputs: Inputs, state: ReadonlyMap<string, Float64Array>): Float64Array {
  if (node.op.name === 'read') return state.get((node.attrs.variable as Variable).name) as Float64Array
  const values = inputs[node.attrs.name as string]
  if (values?.length !== sizeOf(node.shape))
    throw fault('internal', `input ${node.attrs.name} does not fit [${node.shape}]`)
  return Float64Array.from(values)
}

/** What is bfloat16 has its values: the one rounding this interpreter does. */
function inOwnType(node: Node, result: NdArray | NdArray[]): NdArray | NdArray[] {
  if (node.dtype !== 'bfloat16' || Array.isArray(result)) return result
  return { shape: result.shape, data: Float64Array.from(roundedToBf16(Float32Array.from(result.data))) }
}

/** All new values are computed before any is stored. */
function applyUpdates(
  updates: readonly Update[],
  data: (node: Node) => Float64Array,
  state: Map<string, Float64Array>,
) {
  const changed = updates.flatMap((update): [string, Float64Array][] => {
    if (update.kind === 'assign') return [[update.variable.name, data(update.value).slice()]]
    const gradient = data(update.gradient)
    const old = (variable: Variable) => state.get(variable.name) as Float64Array
    const first = old(update.first).map((m, i) => update.beta1 * m + (1 - update.beta1) * (gradient[i] as number))
    const second = old(update.second).map(
      (v, i) => update.beta2 * v + (1 - update.beta2) * (gradient[i] as number) ** 2,
    )
    const [stepSize, decay, epsilon] = [update.stepSize, update.decay, update.epsilon].map((node) =>
      node ? (data(node)[0] as number) : 0,
    )
    const value = old(update.variable).map(
      (x, i) =>
        x * (1 - (decay as number)) -
        ((stepSize as number) * (first[i] as number)) / (Math.sqrt(second[i] as number) + (epsilon as number)),
    )
    return [
      [update.first.name, first],
      [update.second.name, second],
      [update.variable.name, value],
    ]
  })
  for (const [name, value] of changed) state.set(name, value)
}
