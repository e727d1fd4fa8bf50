import {
  type Node,
  type Program,
  type Signature,
  signatureRoots,
  topological,
  type Update,
  type Variable,
} from '../../ir/graph.ts'
import { type GraphEmitter, graphEmitter } from './emitter.ts'
import type { NodeDef } from './proto.ts'

/** Where a signature's inputs and outputs are in the TensorFlow graph. */
export type EntryPoint = {
  readonly inputs: readonly { readonly name: string; readonly node: Node; readonly tensor: string }[]
  readonly outputs: readonly { readonly name: string; readonly tensor: string }[]
}
export type LoweredProgram = {
  readonly nodes: readonly NodeDef[]
  readonly entries: Readonly<Record<string, EntryPoint>>
}

/** Turns a program into one TensorFlow graph; nodes that signatures share are written once. */
export function lower(program: Program): LoweredProgram {
  const emitter = graphEmitter(program.variables)
  const tensors = new Map<Node, string>()
  const entries: Record<string, EntryPoint> = {}
  for (const [name, signature] of Object.entries(program.signatures)) {
    for (const node of topological(signatureRoots(signature))) {
      if (tensors.has(node)) continue
      const inputs = node.inputs.map((input) => tensors.get(input) as string)
      tensors.set(node, node.op.lower.tensorflow(emitter, inputs, node))
    }
    entries[name] = entryPoint(emitter, signature, tensors)
  }
  return { nodes: emitter.nodes, entries }
}

function entryPoint(emitter: GraphEmitter, signature: Signature, tensors: ReadonlyMap<Node, string>): EntryPoint {
  const tensorOf = (node: Node) => qualified(tensors.get(node) as string)
  const inputs = Object.entries(signature.inputs).map(([name, node]) => ({ name, node, tensor: tensorOf(node) }))
  const reads = new Map<string, string>()
  for (const node of topological(signatureRoots(signature))) {
    if (node.op.name === 'read') reads.set((node.attrs.variable as Variable).name, tensors.get(node) as string)
  }
  const effects = signature.updates.map((update) => emitUpdate(emitter, update, tensors, reads))
  const outputs = Object.entries(signature.outputs).map(([name, node]) => ({ name, tensor: tensorOf(node) }))
  const done = emitter.effect(
    'NoOp',
    effects.map((effect) => `^${effect}`),
    {},
  )
  const flag = emitter.effect('Identity', [emitter.constant('float32', [], Float32Array.of(1)), `^${done}`], {
    T: { type: 'float32' },
  })
  return { inputs, outputs: [...outputs, { name: DONE, tensor: `${flag}:0` }] }
}

/** The extra output whose fetching makes TensorFlow carry out the updates. */
export const DONE = 'done!'

const qualified = (tensor: string) => (tensor.includes(':') ? tensor : `${tensor}:0`)

/** Writes wait for the read of the same variable, so that every value in a signature is of the state before it. */
function emitUpdate(
  emitter: GraphEmitter,
  update: Update,
  tensors: ReadonlyMap<Node, string>,
  reads: ReadonlyMap<string, string>,
): string {
  const tensor = (node: Node) => tensors.get(node) as string
  const afterRead = (variable: Variable) => {
    const read = reads.get(variable.name)
    return read === undefined ? [] : [`^${read}`]
  }
  const handle = emitter.handle(update.variable)
  const { dtype } = update.variable
  if (update.kind === 'assign') {
    const inputs = [handle, tensor(update.value), ...afterRead(update.variable)]
    return emitter.effect('AssignVariableOp', inputs, { dtype: { type: dtype } })
  }
  const decayed = emitDecay(emitter, update, tensor, afterRead(update.variable))
  const scalar = (value: number) => emitter.constant('float32', [], Float32Array.of(value))
  // Bias correction is in stepSize and epsilon already, hence powers of 0 (see train/optimizer.ts).
  const inputs = [
    handle,
    emitter.handle(update.first),
    emitter.handle(update.second),
    scalar(0),
    scalar(0),
    tensor(update.stepSize),
    scalar(update.beta1),
    scalar(update.beta2),
    tensor(update.epsilon),
    tensor(update.gradient),
    `^${decayed}`,
  ]
  return emitter.effect('ResourceApplyAdam', inputs, {
    T: { type: dtype },
    use_locking: { bool: false },
    use_nesterov: { bool: false },
  })
}

/** variable -= decay * variable, before the Adam step (AdamW, arXiv 1711.05101). */
function emitDecay(
  emitter: GraphEmitter,
  update: Extract<Update, { kind: 'adamw' }>,
  tensor: (node: Node) => string,
  control: readonly string[],
): string {
  const type = { type: update.variable.dtype }
  const value = emitter.read(update.variable.name)
  const loss = emitter.emit('Mul', [value, tensor(update.decay)], { T: type })
  const inputs = [emitter.handle(update.variable), loss, ...control]
  return emitter.effect('AssignSubVariableOp', inputs, { dtype: type })
}
