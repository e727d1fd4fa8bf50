import { fault } from '../../../shared/domain/error.ts'
import { manyFaults } from '../formats/file-fault.ts'
import type { ModelFolder } from '../formats/model-folder.ts'
import { isWrittenPacked, type Shape, sameShape, sizeOf, type Variable } from '../ir/graph.ts'
import type { ModelDescription } from '../models/model.ts'
import { freshValues } from './fresh-values.ts'
import type { HeldWeight } from './held/held-weight.ts'
import { type Entry, originName, type StateLayout } from './state.ts'

type Value = readonly [name: string, value: Float32Array | Int32Array]

/**
 * Refuses a model folder whose tensors do not fit its config.json: the missing and the misshapen tensors are listed in
 * one error, before anything is loaded.
 */
export function checkWeights(folder: ModelFolder, { parameters, modelType }: ModelDescription): void {
  const known = new Set(folder.names)
  const complaints = parameters.flatMap(({ name, shape }) => {
    const needed = `${modelType} with this config.json needs ${shapeText(shape)}`
    if (!known.has(name)) return [`tensor "${name}" is missing, ${needed}`]
    const got = folder.info(name).shape
    return sameShape(got, shape) ? [] : [`tensor "${name}" is ${shapeText(got)}, ${needed}`]
  })
  if (complaints.length === 0) return
  const hint = 'Is config.json from another model, or is a weight file missing?'
  throw manyFaults('bad-tensor', folder.path, complaints, hint)
}

const shapeText = (shape: Shape) => `[${shape.join(', ')}]`

/**
 * Zero times anything finite is zero. Four sums side by side, as each addition waits for the one before it; a callback an
 * element (`every`, `reduce`) takes ten times as long as reading the file.
 */
function areFinite(values: Float32Array): boolean {
  let [a, b, c, d] = [0, 0, 0, 0]
  const whole = values.length - (values.length % 4)
  for (let i = 0; i < whole; i += 4) {
    a += (values[i] as number) * 0
    b += (values[i + 1] as number) * 0
    c += (values[i + 2] as number) * 0
    d += (values[i + 3] as number) * 0
  }
  for (let i = whole; i < values.length; i++) a += (values[i] as number) * 0
  return a + b + c + d === 0
}

/** A base weight; one that is no number would turn every loss into NaN without a word about where it came from. */
function readBase(folder: ModelFolder, name: string): Float32Array {
  const values = folder.readFloat32(name)
  if (areFinite(values)) return values
  const at = values.findIndex((value) => !Number.isFinite(value))
  const many = values.reduce((total, value) => total + (Number.isFinite(value) ? 0 : 1), 0)
  throw fault(
    'bad-tensor',
    `${folder.path}: tensor "${name}" has ${values[at]} at element ${at} (${many} of ${values.length} are no finite numbers).`,
    { hint: 'The weights are damaged, or were saved after a training that diverged; download or save them again.' },
  )
}

/** The same check on BF16 bits, two to a word: an exponent of ones is no finite number. */
function readPacked(folder: ModelFolder, name: string): Int32Array {
  const words = folder.readBf16(name)
  let odd = 0
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as number
    // An exponent of ones carries into the bit above it.
    odd |= ((word & 0x7f80) + 0x80) | (((word >>> 16) & 0x7f80) + 0x80)
  }
  if ((odd & 0x8000) === 0) return words
  // Says which value is no finite number, unless it became one here.
  readBase(folder, name)
  throw fault('bad-tensor', `${folder.path}: tensor "${name}" has values that are too large for bfloat16.`, {
    hint: 'Set dtype to float32 and bf16 to false.',
  })
}

/** What a base weight is held in, from one reading; its variables stand side by side in the layout. */
function* heldValues(folder: ModelFolder, { name, kind, variables, pack }: HeldWeight): Iterable<Value> {
  const packed = kind === 'bfloat16' ? [readPacked(folder, name)] : pack(readBase(folder, name))
  for (const [i, variable] of variables.entries()) yield [variable.name, packed[i] as Value[1]]
}

/** A base weight as the graph will see it. */
function readAsTrained(folder: ModelFolder, name: string, { held }: StateLayout): Float32Array {
  const values = readBase(folder, name)
  return held.get(name)?.seen(values) ?? values
}

/**
 * Values of every variable in layout order, one tensor in memory at a time; `restored` overrides what it knows. Each has an
 * array of its own: TensorFlow may share its memory instead of copying it, so none is used twice.
 */
export function* initialValues(
  folder: ModelFolder,
  layout: StateLayout,
  seed: number,
  restored: (name: string) => Float32Array | undefined = () => undefined,
): Iterable<Value> {
  const base = new Set(layout.base.map(({ name }) => name))
  const origins = new Map(layout.origins.map(({ name }) => [name, `${name.slice(originName('').length)}.weight`]))
  const held = new Map([...layout.held.values()].map((weight) => [weight.variables[0]?.name, weight] as const))
  const beside = new Set(
    [...layout.held.values()].flatMap(({ variables }) => variables.slice(1)).map(({ name }) => name),
  )
  const fresh = freshValues(layout, seed, (module) => readAsTrained(folder, `${module}.weight`, layout))
  for (const variable of layout.all) {
    const { name, shape } = variable
    const known = restored(name)
    const origin = origins.get(name)
    const weight = held.get(name)
    if (known) yield [name, known]
    else if (weight) yield* heldValues(folder, weight)
    else if (beside.has(name)) continue
    else if (base.has(name)) yield [name, isWrittenPacked(variable) ? readPacked(folder, name) : readBase(folder, name)]
    else if (origin) yield [name, readBase(folder, origin)]
    else yield [name, fresh(name) ?? new Float32Array(sizeOf(shape))]
  }
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
