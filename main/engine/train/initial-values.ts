import { fault } from '../../../shared/domain/error.ts'
import type { ModelFolder } from '../formats/model-folder.ts'
import { type Shape, sameShape, sizeOf, type Variable } from '../ir/graph.ts'
import type { ModelDescription } from '../models/model.ts'
import { seededRandom } from '../random.ts'
import { type Entry, originName, type StateLayout, type Trainable } from './state.ts'

type Value = readonly [name: string, value: Float32Array]

/**
 * Refuses a model folder whose tensors do not fit its config.json: every missing and every misshapen tensor is listed
 * in one error, before anything is loaded.
 */
export function checkWeights(folder: ModelFolder, { parameters, modelType }: ModelDescription): void {
  const complaints = parameters.flatMap(({ name, shape }) => {
    if (!folder.names.includes(name)) return [`"${name}" [${shape}] is missing`]
    const got = folder.info(name).shape
    return sameShape(got, shape) ? [] : [`"${name}" is [${got}], ${modelType} with this config.json needs [${shape}]`]
  })
  if (complaints.length === 0) return
  throw fault(
    'bad-tensor',
    `${folder.path}: ${complaints[0]}${complaints.length > 1 ? ` (and ${complaints.length - 1} more)` : ''}.`,
    {
      hint: 'Is config.json from another model, or is a weight file missing?',
      details: complaints,
    },
  )
}

/** Values of every variable in layout order, one tensor in memory at a time; `restored` overrides what it knows. */
export function* initialValues(
  folder: ModelFolder,
  layout: StateLayout,
  seed: number,
  restored: (name: string) => Float32Array | undefined = () => undefined,
): Iterable<Value> {
  const base = new Set(layout.base.map(({ name }) => name))
  const origins = new Map(layout.origins.map(({ name }) => [name, `${name.slice(originName('').length)}.weight`]))
  const trainables = new Map(layout.trainables.map((trainable) => [trainable.variable.name, trainable]))
  for (const { name, shape } of layout.all) {
    const known = restored(name)
    const origin = origins.get(name)
    const trainable = trainables.get(name)
    if (known) yield [name, known]
    else if (base.has(name)) yield [name, folder.readFloat32(name)]
    else if (origin) yield [name, folder.readFloat32(origin)]
    else yield [name, trainable ? freshAdapter(trainable, seed) : new Float32Array(sizeOf(shape))]
  }
}

/** A fresh packed adapter array. Each module draws from its own stream, so targets do not disturb each other. */
function freshAdapter({ variable, entries }: Trainable, seed: number): Float32Array {
  const data = new Float32Array(sizeOf(variable.shape))
  const columns = variable.shape[1] as number
  for (const entry of entries) {
    if (entry.parameter?.init === 'kaiming-uniform') drawUniform(data, entry, columns, seed)
  }
  return data
}

/** U(-1/sqrt(in), 1/sqrt(in)): PyTorch's kaiming_uniform with a = sqrt(5), as PEFT starts A. */
function drawUniform(data: Float32Array, { module, part, begin, rows }: Entry, columns: number, seed: number) {
  const random = seededRandom(seed, `${module}.${part}`)
  const bound = 1 / Math.sqrt(columns)
  for (let i = begin * columns; i < (begin + rows) * columns; i++) data[i] = (2 * random() - 1) * bound
}

/** The values of one module inside a packed array, and its shape in files. */
export function entryValues(
  packed: Float32Array,
  variable: Variable,
  { begin, rows, shape }: Entry,
): { data: Float32Array; shape: Shape } {
  const width = packed.length / (variable.shape[0] ?? 1)
  return { data: packed.subarray(begin * width, (begin + rows) * width), shape }
}
