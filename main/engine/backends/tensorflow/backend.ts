import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import type * as TfNode from '@tensorflow/tfjs-node-gpu'
import { fault } from '../../../../shared/domain/error.ts'
import { ANY_DEVICE, type DeviceChoice, deviceEnvironment, noGpu } from '../../../native/device.ts'
import { freeGpuMemory } from '../../../native/gpu-memory.ts'
import { loadKernels, type NativeKernels } from '../../../native/load-kernels.ts'
import { loadTensorflow } from '../../../native/load-tensorflow.ts'
import { lacksBfloat16 } from '../../../native/system-facts.ts'
import { exists } from '../../../process-exists.ts'
import { toFeed } from '../../fed-arrays.ts'
import type { Backend, Executable, NamedValues, Values } from '../../ir/executable.ts'
import { type Node, type Program, sizeOf } from '../../ir/graph.ts'
import { tfjsType } from '../../ir/lowering.ts'
import { forKernels } from './for-kernels.ts'
import { FILL, withoutLargeConstants } from './large-constants.ts'
import { DONE, type EntryPoint, lower } from './lower.ts'
import { numberedWrites } from './numbered-writes.ts'
import { savedModelBytes } from './proto.ts'
import { groupedWrites, readSignatures } from './transfer.ts'

type Tf = Awaited<ReturnType<typeof loadTensorflow>>
/**
 * The part of tfjs-node's backend that loads a graph into a session and runs it by node names. `loadSavedModel` and `predict`
 * are thin wrappers of it; but the first reads the whole graph into JavaScript once more, for a signature in it.
 */
type SessionRunner = {
  loadSavedModelMetaGraph(folder: string, tags: string): number
  deleteSavedModel(id: number): void
  runSavedModel(id: number, inputs: TfNode.Tensor[], infos: { name: string }[], outputs: string[]): TfNode.Tensor[]
}

const TAG = 'studio'

/**
 * libtensorflow through @tensorflow/tfjs-node-gpu: the whole step is one session call. The first choice of a process
 * stands, since the library reads it when it is loaded.
 */
export async function tensorflowBackend(choice: DeviceChoice = ANY_DEVICE): Promise<Backend> {
  Object.assign(process.env, deviceEnvironment(choice))
  const tf = await loadTensorflow()
  const version = tfVersion(tf)
  const gpu = usesGpu(tf)
  const kernels = gpu ? null : loadKernels()
  const threads = availableParallelism()
  const device = gpu ? `GPU (TensorFlow ${version})` : `CPU (TensorFlow ${version}, ${threads} threads)`
  if (choice.device === 'gpu' && !gpu) throw noGpu(device)
  return {
    kind: 'tensorflow',
    device,
    ...(gpu && { cardMemory: await freeGpuMemory() }),
    versions: { tensorflow: version, 'tfjs-node': tf.version['tfjs-core'] },
    widensBfloat16: !gpu && lacksBfloat16(),
    ...(kernels && { kernels: new Set(['attention']) }),
    compile: (program) => compile(tf, program, gpu, kernels),
  }
}

const tfVersion = (tf: Tf): string =>
  (tf.backend() as unknown as { binding: { TF_Version?: string } }).binding.TF_Version ?? 'unknown'

const usesGpu = (tf: Tf): boolean => (tf.backend() as unknown as { isUsingGpuDevice: boolean }).isUsingGpuDevice

async function compile(tf: Tf, program: Program, gpu: boolean, kernels: NativeKernels | null): Promise<Executable> {
  const reading = readSignatures(program.variables)
  const writing = (gpu ? groupedWrites : numberedWrites)(program.variables)
  const constants = withoutLargeConstants(program)
  const computed = kernels ? forKernels(constants.program, kernels.passes) : constants.program
  const signatures = { ...computed.signatures, ...reading.signatures, ...writing.signatures }
  // On a GPU nodes stay in one graph, where XLA looks for what it can compile together.
  const { entries, functions, ...lowered } = lower({ ...computed, signatures }, !gpu, kernels !== null)
  const graph = { functions, nodes: [...lowered.nodes, ...writing.nodes] }
  const session = openSession(tf, savedModelBytes(graph, TAG))
  const entry = (name: string) => entries[name] ?? missing(name)
  const run = (name: string, inputs: NamedValues) => execute(tf, session.id, entry(name), name, inputs)
  if (FILL in entries) run(FILL, constants.values)
  return {
    nodeCount: graph.nodes.length + graph.functions.reduce((total, { nodes }) => total + nodes.length, 0),
    run: async (name, inputs) => run(name, inputs),
    write: async (values) => {
      for (const { name, entry: own, inputs } of writing.calls(values)) {
        execute(tf, session.id, own ?? entry(name), name, inputs)
      }
    },
    read: function* (names) {
      for (const { signature, names: group } of reading.reads(names)) {
        const outputs = run(signature, {})
        for (const name of group) yield [name, outputs[name] as Float32Array] as const
      }
    },
    dispose: session.close,
  }
}

const runnerOf = (tf: Tf) => tf.backend() as unknown as SessionRunner

/** Loads the graph into a session; tfjs-node reads it from a folder, which is gone again at once. */
function openSession(tf: Tf, bytes: Uint8Array) {
  const folder = writeGraph(bytes)
  const runner = runnerOf(tf)
  try {
    const id = runner.loadSavedModelMetaGraph(folder, TAG)
    return { id, close: () => runner.deleteSavedModel(id) }
  } catch (error) {
    throw fault('native', `TensorFlow refused the graph: ${firstLine(error)}`, {
      hint: 'Run the doctor; if it finds nothing, this is a fault of the studio.',
    })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Graphs of engines that were killed while they loaded one; a living engine's is there for a moment only. */
function clearLeftGraphs(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(/^dora-graph-(\d+)-/.exec(name)?.[1] ?? Number.NaN)
    if (!Number.isNaN(pid) && !exists(pid)) rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
}

function writeGraph(bytes: Uint8Array): string {
  let folder = ''
  try {
    clearLeftGraphs()
    folder = mkdtempSync(join(tmpdir(), `dora-graph-${process.pid}-`))
    writeFileSync(join(folder, 'saved_model.pb'), bytes)
    return folder
  } catch (error) {
    if (folder !== '') rmSync(folder, { recursive: true, force: true })
    throw fault('disk', `The graph (${bytes.length} bytes) cannot be written to ${tmpdir()}: ${firstLine(error)}`, {
      hint: 'Free some space there, or set TMPDIR to a folder you may write.',
      retryable: true,
    })
  }
}

function missing(name: string): never {
  throw fault('internal', `no entry point ${name}`)
}

function tensorOf(tf: Tf, name: string, values: Values | undefined, { shape, dtype }: Node): TfNode.Tensor {
  if (values?.length !== sizeOf(shape))
    throw fault('internal', `input ${name} has ${values?.length} values, not [${shape}]`)
  return tf.tensor(toFeed(values), [...shape], tfjsType(dtype))
}

function execute(tf: Tf, session: number, entry: EntryPoint, name: string, inputs: NamedValues) {
  const tensors = entry.inputs.map(({ name: input, node }) => tensorOf(tf, input, inputs[input], node))
  const infos = entry.inputs.map(({ tensor }) => ({ name: tensor }))
  const runner = runnerOf(tf)
  try {
    const results = runner.runSavedModel(
      session,
      tensors,
      infos,
      entry.outputs.map(({ tensor }) => tensor),
    )
    const outputs = entry.outputs.map((output, i) => [output.name, take(results[i] as TfNode.Tensor)] as const)
    return Object.fromEntries(outputs.filter(([output]) => output !== DONE)) as Record<string, Values>
  } catch (error) {
    throw executionFault(error, name)
  } finally {
    tf.dispose(tensors)
  }
}

function take(tensor: TfNode.Tensor): Values {
  const values = tensor.dataSync() as Values | Uint8Array
  tensor.dispose()
  return values instanceof Uint8Array ? Int32Array.from(values) : values
}

const firstLine = (error: unknown) => (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''

function executionFault(error: unknown, signature: string) {
  const text = firstLine(error)
  if (/OOM|ResourceExhausted|resource exhausted|allocat/i.test(text)) {
    return fault('out-of-memory', `Not enough memory for ${signature}: ${text}`, {
      hint: 'Lower per_device_train_batch_size or max_seq_length, or raise gradient_accumulation_steps instead.',
      retryable: true,
    })
  }
  return fault('native', `TensorFlow failed in ${signature}: ${text}`)
}
