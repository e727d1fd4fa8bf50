import { shown } from '../../../shared/domain/shown.ts'
import { DTYPE_BYTES, type Dtype, isDtype } from './dtype.ts'
import { manyFaults } from './file-fault.ts'

/** One tensor of a file: bytes `begin` to `end` counted from the start of the file. */
export type TensorInfo = {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

export type SafetensorsHeader = {
  readonly tensors: ReadonlyMap<string, TensorInfo>
  readonly metadata: Readonly<Record<string, string>>
}

const limits = { tensors: 1_000_000, rank: 8, dimension: 2 ** 40, name: 1024 }
const hint = 'Download or write the file again; it may be incomplete or no safetensors file.'

/** Checks the parsed JSON header of a file of `fileBytes` whose tensor data starts at `dataStart`; lists all faults. */
export function readHeader(path: string, json: unknown, dataStart: number, fileBytes: number): SafetensorsHeader {
  if (!isRecord(json)) throw manyFaults('bad-file', path, ['the header is not a JSON object'], hint)
  const { __metadata__: metadata = {}, ...entries } = json
  const names = Object.keys(entries)
  if (names.length > limits.tensors) {
    throw manyFaults('bad-file', path, [`${names.length} tensors, at most ${limits.tensors} are read`], hint)
  }
  const complaints: string[] = []
  if (!isTexts(metadata)) complaints.push('__metadata__ must map text to text')
  const tensors = new Map<string, TensorInfo>()
  for (const name of names) {
    const checked = checkEntry(entries[name], dataStart)
    if (typeof checked === 'string') complaints.push(`tensor ${quoted(name)}: ${checked}`)
    else tensors.set(name, checked)
  }
  if (complaints.length === 0) complaints.push(...layoutFaults(tensors, dataStart, fileBytes))
  if (complaints.length > 0) throw manyFaults('bad-file', path, complaints, hint)
  return { tensors, metadata: metadata as Readonly<Record<string, string>> }
}

function checkEntry(entry: unknown, dataStart: number): TensorInfo | string {
  if (!isRecord(entry)) return 'its header entry is not a JSON object'
  const { dtype, shape, data_offsets: offsets } = entry
  if (!isDtype(dtype)) return `dtype is ${quoted(dtype)}, wanted one of ${Object.keys(DTYPE_BYTES).join(', ')}`
  if (!isCounts(shape, limits.dimension)) return `shape is ${quoted(shape)}, wanted whole numbers from 0 to 2^40`
  if (shape.length > limits.rank) return `it has ${shape.length} dimensions, at most ${limits.rank} are read`
  if (!isCounts(offsets, Number.MAX_SAFE_INTEGER) || offsets.length !== 2) {
    return `data_offsets is ${quoted(offsets)}, wanted [begin, end]`
  }
  const [begin, end] = offsets as [number, number]
  const wanted = shape.reduce((size, dim) => size * dim, DTYPE_BYTES[dtype])
  if (end - begin !== wanted) {
    return `data_offsets [${begin}, ${end}] hold ${end - begin} bytes, ${dtype} [${shape.join(', ')}] needs ${wanted}`
  }
  return { dtype, shape, begin: dataStart + begin, end: dataStart + end }
}

/** The format wants the data to be filled without holes or overlaps, to the last byte. */
function layoutFaults(tensors: ReadonlyMap<string, TensorInfo>, dataStart: number, fileBytes: number): string[] {
  const complaints: string[] = []
  let last = { name: 'the header', end: dataStart }
  for (const [name, { begin, end }] of [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin < last.end) complaints.push(`tensor ${quoted(name)} overlaps ${last.name}`)
    if (begin > last.end)
      complaints.push(`the ${begin - last.end} bytes before tensor ${quoted(name)} belong to no tensor`)
    last = { name: quoted(name), end: Math.max(last.end, end) }
  }
  if (complaints.length === 0 && last.end > fileBytes) complaints.push(truncated(tensors, last.end, fileBytes))
  if (complaints.length === 0 && last.end < fileBytes) {
    complaints.push(`the file has ${fileBytes} bytes, its header speaks of ${last.end}`)
  }
  return complaints
}

/** One complaint however many tensors are cut off: they all have the one cause. */
function truncated(tensors: ReadonlyMap<string, TensorInfo>, wanted: number, fileBytes: number): string {
  const lost = [...tensors].filter(([, { end }]) => end > fileBytes).sort(([, a], [, b]) => a.begin - b.begin)
  const others = lost.length > 1 ? ` and ${lost.length - 1} more` : ''
  return `the file has ${fileBytes} bytes, wanted ${wanted}: it is truncated (tensor ${quoted(lost[0]?.[0])}${others} cut off)`
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isTexts = (value: unknown) => isRecord(value) && Object.values(value).every((text) => typeof text === 'string')

const isCounts = (value: unknown, max: number): value is number[] =>
  Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0 && n <= max)

/** Names come from the file: cut to a readable length. */
const quoted = (value: unknown) => shown(value, 120)
