import type { Program } from '../ir/graph.ts'
import { estimateMemory } from '../ir/memory.ts'

/** Node, TensorFlow's library and its threads, before anything of a run is there. */
const RUNTIME_BYTES = 430e6
/** The graph, here and as TensorFlow keeps and rewrites it. */
const GRAPH_BYTES = 60e6
/** Values on their way into variables, a group at a time (backends/tensorflow/transfer.ts): the allocator keeps their pages. */
const LOADING_BYTES = 128e6
/** TensorFlow runs side by side what the estimate takes one after another, and does not give every page back at once. */
const SIDE_BY_SIDE = 1.3

/**
 * Peak memory of an engine that trains a program, in bytes by what it is for. The constants were measured with models of 6
 * to 135 million parameters: `bench -- estimate` compares.
 */
export function memoryNeed(program: Program): { state: number; activations: number; engine: number } {
  const { state, working } = estimateMemory(program)
  return {
    state,
    activations: SIDE_BY_SIDE * working,
    engine: RUNTIME_BYTES + GRAPH_BYTES + Math.min(state, LOADING_BYTES),
  }
}
