import { z } from 'zod'
import { openModelFolder, readConfig } from '../../main/engine/formats/model-folder.ts'
import type { Variable } from '../../main/engine/ir/graph.ts'
import { valuesOf } from '../../main/engine/ir/handed-over.ts'
import { modelFromConfig } from '../../main/engine/models/index.ts'
import { baseWeights } from '../../main/engine/train/base-weights.ts'
import { initialValues } from '../../main/engine/train/initial-values.ts'
import { QUANTIZATIONS } from '../../shared/domain/run-config.ts'
import { loadingSession } from '../loading-session.ts'

/**
 * `node --expose-gc load-memory.ts FOLDER QUANTIZATION [keep]`: loads a model's weights as a run does and prints by how many bytes
 * JavaScript (heap and buffers) grew, garbage collected before and after, and how many more its buffers had at most while
 * it loaded. With `keep` it holds on to what it loads.
 */
const [, , folder = '', quantization = 'none', keep] = process.argv
const model = modelFromConfig(readConfig(folder))
const weights = baseWeights(openModelFolder(folder), model.description, 0)
const session = await loadingSession(model, weights, { quantization: z.enum(QUANTIZATIONS).parse(quantization) })

/** Buffers are let go in finalizers, which run after the collection, in a later turn. */
async function held() {
  for (let round = 0; round < 4; round++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const { heapUsed, external } = process.memoryUsage()
  // Buffers are part of what is external.
  return heapUsed + external
}

const variables = new Map(session.layout.all.map((variable) => [variable.name, variable]))
const kept: unknown[] = []
const buffers = () => process.memoryUsage().arrayBuffers
let [atStart, most] = [0, 0]
function* values() {
  for (const [name, written] of initialValues(weights, session.layout, 0)) {
    // Memory that is lent cannot be kept.
    const value = keep ? valuesOf(written, variables.get(name) as Variable) : written
    if (keep) kept.push(value)
    yield [name, value] as const
    most = Math.max(most, buffers() - atStart)
  }
}

const before = await held()
atStart = buffers()
await session.load(values(), true)
console.log(JSON.stringify({ grown: (await held()) - before, most, kept: kept.length }))
