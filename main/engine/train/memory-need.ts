import { bytesOf, type Program, type Variable } from '../ir/graph.ts'
import { estimateMemory, type ScratchOf } from '../ir/memory.ts'

/** Node, TensorFlow's library and its threads, before anything of a run is there. */
const RUNTIME_BYTES = 450e6
/** The graph, here and as TensorFlow keeps and rewrites it. */
const GRAPH_BYTES = 60e6
/** Values on their way into variables, a group at a time (backends/tensorflow/transfer.ts): the allocator keeps their pages. */
const LOADING_BYTES = 128e6
/** Share of what a checkpoint holds that is here twice while it is written, and the most: then arrays are collected. */
const CHECKPOINT_SHARE = 0.6
const CHECKPOINT_BYTES = 600e6
/** TensorFlow runs side by side what the estimate takes one after another, and does not give every page back at once. */
const SIDE_BY_SIDE = 1.3

/** Copies of both operands and of the result of a product that is widened. */
const widenedProduct: ScratchOf = (node) =>
  node.op.name === 'matmul' && node.dtype === 'bfloat16'
    ? [node, ...node.inputs].reduce((bytes, one) => bytes + 2 * bytesOf(one), 0)
    : 0

/**
 * Peak memory of an engine that trains a program, in bytes by what it is for. The constants were measured with models of 6
 * to 135 million parameters: `bench -- estimate` compares. `widensBfloat16`: as backends have it.
 */
export function memoryNeed(
  program: Program,
  widensBfloat16 = false,
): { state: number; activations: number; engine: number } {
  const { state, working } = estimateMemory(program, widensBfloat16 ? widenedProduct : undefined)
  const checkpoint = Math.min(CHECKPOINT_SHARE * trainedBytes(program), CHECKPOINT_BYTES)
  return {
    state,
    activations: SIDE_BY_SIDE * working,
    engine: RUNTIME_BYTES + GRAPH_BYTES + Math.min(state, LOADING_BYTES) + checkpoint,
  }
}

/** Bytes of all that is trained and of its optimizer state. */
function trainedBytes({ signatures }: Program): number {
  const trained = new Set<Variable>()
  for (const update of Object.values(signatures).flatMap(({ updates }) => updates)) {
    if (update.kind === 'adamw') for (const one of [update.variable, update.first, update.second]) trained.add(one)
  }
  return [...trained].reduce((total, variable) => total + bytesOf(variable), 0)
}
