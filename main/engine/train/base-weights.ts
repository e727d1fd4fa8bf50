import { packBf16 } from '../bfloat16.ts'
import { type ModelFolder, openModelFolder } from '../formats/model-folder.ts'
import { sameShape, sizeOf } from '../ir/graph.ts'
import type { ModelDescription, ParameterSpec } from '../models/model.ts'
import { seededRandom } from '../random.ts'

/** A model folder under the names that the model's graph uses; a new task's head is there too. */
export type BaseWeights = ModelFolder & {
  /** The name in the folder's files, or null for what starts anew. */
  readonly fileName: (name: string) => string | null
}

/**
 * Names differ by what a checkpoint was saved as: without its head it lacks the base prefix (`bert.`), with a head it
 * has one that a bare model lacks, and old files say gamma and beta for weight and bias of a LayerNorm. What transformers
 * would find is found; a head that is missing, or has another number of classes, starts anew from the run's seed.
 */
export function baseWeights(folder: ModelFolder, description: ModelDescription, seed: number): BaseWeights {
  const held = new Set(folder.names)
  const fits = ({ name, shape, fresh }: ParameterSpec, candidate: string) =>
    held.has(candidate) && (!fresh || sameShape(folder.info(candidate).shape, shape) || candidate !== name)
  const found = new Map<string, string>()
  const fresh = new Map<string, ParameterSpec>()
  for (const spec of description.parameters) {
    const file = candidates(spec.name, description.basePrefix).find((candidate) => fits(spec, candidate))
    if (file !== undefined) found.set(spec.name, file)
    else if (spec.fresh) fresh.set(spec.name, spec)
  }
  return {
    ...folder,
    names: [...found.keys(), ...fresh.keys()],
    info: (name) => {
      const spec = fresh.get(name)
      return spec ? { dtype: 'F32', shape: spec.shape, begin: 0, end: 0 } : folder.info(found.get(name) ?? name)
    },
    readFloat32: (name, into) => {
      const spec = fresh.get(name)
      return spec ? put(freshValues(spec, seed), into) : folder.readFloat32(found.get(name) ?? name, into)
    },
    readBf16: (name, into) => {
      const spec = fresh.get(name)
      return spec ? put(packBf16(freshValues(spec, seed)), into) : folder.readBf16(found.get(name) ?? name, into)
    },
    readPieces: (name, use) => {
      const spec = fresh.get(name)
      if (spec) use(freshValues(spec, seed), 0)
      else folder.readPieces(found.get(name) ?? name, use)
    },
    fileName: (name) => found.get(name) ?? null,
  }
}

/** The values, in the array that was given for them if there is one. */
function put<T extends Float32Array | Int32Array>(values: T, into: T | undefined): T {
  into?.set(values)
  return into ?? values
}

/** Whether the folder has no trained weights for a part of the head. */
export function lacksHead(folder: string, description: ModelDescription): boolean {
  const weights = baseWeights(openModelFolder(folder), description, 0)
  weights.close()
  return description.parameters.some(({ name, fresh }) => fresh !== undefined && weights.fileName(name) === null)
}

/** Names under which a weight may be stored, the likeliest first. */
function candidates(name: string, prefix: string): string[] {
  const other = name.startsWith(prefix) ? name.slice(prefix.length) : `${prefix}${name}`
  const old = (one: string) =>
    one.replace(/LayerNorm\.weight$/, 'LayerNorm.gamma').replace(/LayerNorm\.bias$/, 'LayerNorm.beta')
  return [...new Set([name, other, old(name), old(other)])]
}

/** Normal with deviation 0.02 (what transformers starts heads with), or zero. */
function freshValues({ name, shape, fresh }: ParameterSpec, seed: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(sizeOf(shape))
  if (fresh === 'zeros') return values
  const random = seededRandom(seed, `head/${name}`)
  return values.map(() => 0.02 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()))
}
