import { fault } from '../../../shared/domain/error.ts'
import { manyFaults } from '../formats/file-fault.ts'
import type { ModelFolder } from '../formats/model-folder.ts'
import type { Values, Written } from '../ir/executable.ts'
import { isWrittenPacked, type Shape, sameShape, type Variable } from '../ir/graph.ts'
import { arrayFor } from '../ir/handed-over.ts'
import type { ModelDescription } from '../models/model.ts'
import { freshValues } from './fresh-values.ts'
import type { HeldWeight } from './held/held-weight.ts'
import { type Entry, originName, type StateLayout } from './state.ts'

type Value = readonly [name: string, value: Written]

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
function readBase(folder: ModelFolder, name: string, into?: Float32Array): Float32Array {
  const values = folder.readFloat32(name, into)
  if (!areFinite(values)) throw notFinite(folder, name, values)
  return values
}

function notFinite({ path }: ModelFolder, name: string, values: Float32Array) {
  const at = values.findIndex((value) => !Number.isFinite(value))
  const many = values.reduce((total, value) => total + (Number.isFinite(value) ? 0 : 1), 0)
  return fault(
    'bad-tensor',
    `${path}: tensor "${name}" has ${values[at]} at element ${at} (${many} of ${values.length} are no finite numbers).`,
    { hint: 'The weights are damaged, or were saved after a training that diverged; download or save them again.' },
  )
}

/** The same check on BF16 bits, two to a word: an exponent of ones is no finite number. */
function readPacked(folder: ModelFolder, name: string, into?: Int32Array): Int32Array {
  const words = folder.readBf16(name, into)
  let [odd, odd2] = [0, 0]
  const even = words.length - (words.length % 2)
  // An exponent of ones carries into the bit above it, in both halves of the word.
  for (let i = 0; i < even; i += 2) {
    odd |= ((words[i] as number) & 0x7f807f80) + 0x800080
    odd2 |= ((words[i + 1] as number) & 0x7f807f80) + 0x800080
  }
  if (even < words.length) odd |= ((words[even] as number) & 0x7f807f80) + 0x800080
  if (((odd | odd2) & 0x80008000) === 0) return words
  // Says which value is no finite number, unless it became one here.
  readBase(folder, name)
  throw fault('bad-tensor', `${folder.path}: tensor "${name}" has values that are too large for bfloat16.`, {
    hint: 'Set dtype to float32 and bf16 to false.',
  })
}

/** What a base weight is held in, from one reading; its variables stand side by side in the layout. */
function* heldValues(folder: ModelFolder, weight: HeldWeight): Iterable<Value> {
  const { name, kind, variables } = weight
  const [first, second] = variables as [Variable, Variable]
  if (kind === 'bfloat16') return yield [first.name, packedInto(folder, name)]
  const scales = arrayFor(second) as Float32Array
  yield [first.name, (words) => readCodes(folder, weight, words, scales)]
  yield [second.name, scales]
}

/** Reads a weight piece by piece as codes and scales. */
function readCodes(folder: ModelFolder, { name, pack }: HeldWeight, words: Values, scales: Float32Array): void {
  folder.readPieces(name, (values, at) => pack(values, at, [words, scales]))
  if (!areFinite(scales)) throw notFinite(folder, name, folder.readFloat32(name))
}

/** Reads a weight where the backend wants to have it: float32, or BF16 bits. */
const floatsInto =
  (folder: ModelFolder, name: string): Written =>
  (into) =>
    void readBase(folder, name, into as Float32Array)
const packedInto =
  (folder: ModelFolder, name: string): Written =>
  (into) =>
    void readPacked(folder, name, into as Int32Array)

/** A base weight as the graph will see it. */
function readAsTrained(folder: ModelFolder, name: string, { held }: StateLayout): Float32Array {
  const values = readBase(folder, name)
  return held.get(name)?.seen(values) ?? values
}

/**
 * Values of every variable in layout order, one tensor in memory at a time; `restored` overrides what it knows. A weight is
 * read when the backend says where to.
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
    const { name } = variable
    const known = restored(name)
    const origin = origins.get(name)
    const weight = held.get(name)
    if (known) yield [name, known]
    else if (weight) yield* heldValues(folder, weight)
    else if (beside.has(name)) continue
    else if (base.has(name))
      yield [name, isWrittenPacked(variable) ? packedInto(folder, name) : floatsInto(folder, name)]
    else if (origin) yield [name, floatsInto(folder, origin)]
    else yield [name, fresh(name) ?? ((into) => into.fill(0))]
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
