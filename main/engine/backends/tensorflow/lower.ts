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
import { type Call, outliner } from './outline.ts'
import type { GraphParts } from './proto.ts'

/** Where a signature's inputs and outputs are in the TensorFlow graph. */
export type EntryPoint = {
  readonly inputs: readonly { readonly name: string; readonly node: Node; readonly tensor: string }[]
  readonly outputs: readonly { readonly name: string; readonly tensor: string }[]
}
export type LoweredProgram = GraphParts & {
  readonly entries: Readonly<Record<string, EntryPoint>>
}

/**
 * Turns a program into one TensorFlow graph; nodes that signatures share are written once, and with `outlined` so are
 * layers that are alike. `kernels`: operations may be written as the studio's own.
 */
export function lower(program: Program, outlined: boolean, kernels = false): LoweredProgram {
  const emitter = graphEmitter(program.variables, kernels)
  const outlines = outliner(program.variables, kernels)
  const written = new Map<Node, string>()
  const entries: Record<string, EntryPoint> = {}
  for (const [name, signature] of Object.entries(program.signatures)) {
    const tensors: Tensors = { written, called: new Map() }
    const roots = signatureRoots(signature)
    const order = topological(roots)
    for (const { nodes, call } of outlined ? outlines.regions(order, roots) : [{ nodes: order }]) {
      if (call) emitCall(emitter, call, tensors)
      else for (const node of nodes) tensorOf(emitter, node, tensors)
    }
    entries[name] = entryPoint(emitter, signature, (node) => tensorOf(emitter, node, tensors))
  }
  return { nodes: emitter.nodes, functions: outlines.functions, entries }
}

/**
 * Nodes that are in the graph already, and what calls hand out: that waits for all arguments of the call, data among them,
 * so it is of use in the signature of the call alone.
 */
type Tensors = { readonly written: Map<Node, string>; readonly called: Map<Node, string> }

/** The tensor of a node, written if it is not there yet. */
function tensorOf(emitter: GraphEmitter, node: Node, tensors: Tensors): string {
  const before = tensors.called.get(node) ?? tensors.written.get(node)
  if (before !== undefined) return before
  const inputs = node.inputs.map((input) => tensorOf(emitter, input, tensors))
  const tensor = node.op.lower.tensorflow(emitter, inputs, node)
  tensors.written.set(node, tensor)
  return tensor
}

/** ConfigProto with graph_options.rewrite_options.disable_meta_optimizer: functions were optimised with the graph. */
const NOT_AGAIN = Uint8Array.of(0x52, 5, 0x52, 3, 0x98, 1, 1)

function emitCall(emitter: GraphEmitter, { name, args, results }: Call, tensors: Tensors): void {
  const inputs = args.map((arg) => tensorOf(emitter, arg, tensors))
  const types = (nodes: readonly Node[]) => ({ types: nodes.map(({ dtype }) => dtype) })
  const call = emitter.effect('PartitionedCall', inputs, {
    Tin: types(args),
    Tout: types(results),
    f: { function: name },
    config: { text: '' },
    config_proto: { bytes: NOT_AGAIN },
    executor_type: { text: '' },
  })
  for (const [i, result] of results.entries()) tensors.called.set(result, i === 0 ? call : `${call}:${i}`)
}

function entryPoint(emitter: GraphEmitter, signature: Signature, tensor: (node: Node) => string): EntryPoint {
  const inputs = Object.entries(signature.inputs).map(([name, node]) => ({
    name,
    node,
    tensor: qualified(tensor(node)),
  }))
  const reads = new Map<string, string>()
  for (const node of topological(signatureRoots(signature))) {
    if (node.op.name === 'read') reads.set((node.attrs.variable as Variable).name, tensor(node))
  }
  const effects = signature.updates.map((update) => emitUpdate(emitter, update, tensor, reads))
  const outputs = Object.entries(signature.outputs).map(([name, node]) => ({ name, tensor: qualified(tensor(node)) }))
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
  tensor: (node: Node) => string,
  reads: ReadonlyMap<string, string>,
): string {
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
  const before = update.decay
    ? [`^${emitDecay(emitter, update, update.decay, tensor, afterRead(update.variable))}`]
    : afterRead(update.variable)
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
    ...before,
  ]
  return emitter.effect('ResourceApplyAdam', inputs, {
    T: { type: dtype },
    use_locking: { bool: false },
    use_nesterov: { bool: false },
  })
}

/**
 * variable -= decay * variable, before the Adam step (AdamW, arXiv 1711.05101), and not before the gradient is there: while
 * the pass still reads the variable, TensorFlow would give the change an array of its own.
 */
function emitDecay(
  emitter: GraphEmitter,
  update: Extract<Update, { kind: 'adamw' }>,
  decay: Node,
  tensor: (node: Node) => string,
  control: readonly string[],
): string {
  const type = { type: update.variable.dtype }
  const value = emitter.read(update.variable.name)
  const gradient = tensor(update.gradient).split(':')[0]
  const loss = emitter.emit('Mul', [value, tensor(decay), `^${gradient}`], { T: type })
  const inputs = [emitter.handle(update.variable), loss, ...control]
  return emitter.effect('AssignSubVariableOp', inputs, { dtype: type })
}
