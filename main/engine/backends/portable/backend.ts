import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type * as tfjs from '@tensorflow/tfjs-core'
import { fault } from '../../../../shared/domain/error.ts'
import { roundedToBf16, unpackBf16 } from '../../bfloat16.ts'
import type { Backend, Executable, NamedValues, Values } from '../../ir/executable.ts'
import { isWrittenPacked, type Node, type Program, sizeOf, type Update, type Variable } from '../../ir/graph.ts'
import { valuesOf } from '../../ir/handed-over.ts'
import { tfjsType } from '../../ir/lowering.ts'
import { evaluate } from '../interpreter.ts'

type Tf = typeof tfjs

/** tfjs kernels in WebAssembly (SIMD, threads where Node has them), plain JavaScript kernels for ops it lacks. */
export async function portableBackend(): Promise<Backend> {
  const tf = await import('@tensorflow/tfjs-core')
  // Its advice on standard error is to install the backend whose absence brought us here.
  tf.enableProdMode()
  await import('@tensorflow/tfjs-backend-cpu')
  const wasm = await import('@tensorflow/tfjs-backend-wasm')
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')
  wasm.setWasmPaths(`${join(dirname(entry))}/`)
  const ready = await tf.setBackend('wasm').catch(() => false)
  if (!ready) await tf.setBackend('cpu')
  const kernels = tf.getBackend()
  return {
    kind: 'portable',
    device: `CPU (portable backend, tfjs ${kernels})`,
    versions: { tfjs: tf.version_core, kernels },
    compile: async (program) => portableExecutable(tf, program),
  }
}

function portableExecutable(tf: Tf, program: Program): Executable {
  const state = new Map<string, tfjs.Tensor>(
    program.variables.map(({ name, shape, dtype }) => [name, tf.zeros([...shape], tfjsType(dtype))] as const),
  )
  const variables = new Map(program.variables.map((variable) => [variable.name, variable]))
  const packed = new Set(program.variables.filter(isWrittenPacked).map(({ name }) => name))
  const store = (name: string, value: tfjs.Tensor) => {
    state.get(name)?.dispose()
    state.set(name, value)
  }
  return {
    nodeCount: 0,
    run: async (name, inputs) => runSignature(tf, program, name, inputs, state, store),
    write: async (values) => {
      for (const [name, written] of values) {
        const value = valuesOf(written, variables.get(name) as Variable)
        const { shape, dtype } = state.get(name) as tfjs.Tensor
        const own = packed.has(name) ? unpackBf16(value as Int32Array, sizeOf(shape)) : value.slice()
        store(name, tf.tensor(own, shape, dtype))
      }
    },
    read: function* (names) {
      for (const name of names)
        yield [name, (state.get(name) as tfjs.Tensor).dataSync().slice() as Float32Array] as const
    },
    dispose: () => {
      for (const tensor of state.values()) tensor.dispose()
      state.clear()
    },
  }
}

function runSignature(
  tf: Tf,
  program: Program,
  name: string,
  inputs: NamedValues,
  state: ReadonlyMap<string, tfjs.Tensor>,
  store: (name: string, value: tfjs.Tensor) => void,
): Record<string, Values> {
  const signature = program.signatures[name]
  if (!signature) throw fault('internal', `no entry point ${name}`)
  const values = evaluate<tfjs.Tensor>(signature, {
    leaf: (node) => leafTensor(tf, node, inputs, state),
    apply: (node, operands) => inOwnType(tf, node, applyOp(tf, node, operands)),
    share: (value) => tf.clone(value),
    release: (value) => value.dispose(),
  })
  const at = (node: Node) => values.get(node) as tfjs.Tensor
  const outputs = Object.entries(signature.outputs).map(
    ([key, node]) => [key, at(node).dataSync().slice() as Values] as const,
  )
  const changed = signature.updates.flatMap((update) => newValues(tf, update, at, state))
  for (const [variable, value] of changed) store(variable.name, value)
  for (const value of values.values()) value.dispose()
  return Object.fromEntries(outputs)
}

function leafTensor(tf: Tf, node: Node, inputs: NamedValues, state: ReadonlyMap<string, tfjs.Tensor>): tfjs.Tensor {
  if (node.op.name === 'read') return tf.clone(state.get((node.attrs.variable as Variable).name) as tfjs.Tensor)
  const values = inputs[node.attrs.name as string]
  if (values?.length !== sizeOf(node.shape))
    throw fault('internal', `input ${node.attrs.name} does not fit [${node.shape}]`)
  return tf.tensor(values, [...node.shape], tfjsType(node.dtype))
}

/** There is no bfloat16 here: its values are held as float32, rounded after every op whose result is said to be such. */
function inOwnType(tf: Tf, node: Node, result: tfjs.Tensor | tfjs.Tensor[]): tfjs.Tensor | tfjs.Tensor[] {
  if (node.dtype !== 'bfloat16' || Array.isArray(result)) return result
  const rounded = tf.tensor(roundedToBf16(result.dataSync() as Float32Array), result.shape)
  result.dispose()
  return rounded
}

/** Kernels that wasm lacks are run by the JavaScript backend; tfjs moves the data between the two. */
const missingOnWasm = new Set<string>()

function applyOp(tf: Tf, node: Node, operands: readonly tfjs.Tensor[]): tfjs.Tensor | tfjs.Tensor[] {
  const compute = () => tidied(tf, () => node.op.lower.tfjs(tf, operands, node))
  if (!missingOnWasm.has(node.op.name)) {
    try {
      return compute()
    } catch (error) {
      if (!/Kernel .* not registered/.test(String(error))) throw error
      missingOnWasm.add(node.op.name)
    }
  }
  return onJavaScript(tf, operands, node)
}

/** `setBackend` is synchronous for the JavaScript backend, so a switch there and back around one op is safe. */
function onJavaScript(tf: Tf, operands: readonly tfjs.Tensor[], node: Node) {
  const usual = tf.getBackend()
  tf.setBackend('cpu')
  try {
    return tidied(tf, () => node.op.lower.tfjs(tf, operands, node))
  } finally {
    tf.setBackend(usual)
  }
}

const tidied = (tf: Tf, compute: () => tfjs.Tensor | tfjs.Tensor[]) =>
  tf.tidy(compute as () => tfjs.Tensor) as tfjs.Tensor | tfjs.Tensor[]

function newValues(
  tf: Tf,
  update: Update,
  at: (node: Node) => tfjs.Tensor,
  state: ReadonlyMap<string, tfjs.Tensor>,
): [Variable, tfjs.Tensor][] {
  if (update.kind === 'assign') return [[update.variable, tf.clone(at(update.value))]]
  const old = (variable: Variable) => state.get(variable.name) as tfjs.Tensor
  const gradient = at(update.gradient)
  const blend = (before: tfjs.Tensor, value: tfjs.Tensor, beta: number) =>
    tf.add(tf.mul(before, Math.fround(beta)), tf.mul(value, 1 - Math.fround(beta)))
  const first = tf.tidy(() => blend(old(update.first), gradient, update.beta1))
  const second = tf.tidy(() => blend(old(update.second), tf.square(gradient), update.beta2))
  const value = tf.tidy(() => {
    const x = old(update.variable)
    const decayed = update.decay ? tf.sub(x, tf.mul(x, at(update.decay))) : x
    const change = tf.div(tf.mul(first, at(update.stepSize)), tf.add(tf.sqrt(second), at(update.epsilon)))
    return tf.sub(decayed, change)
  })
  return [
    [update.first, first],
    [update.second, second],
    [update.variable, value],
  ]
}
