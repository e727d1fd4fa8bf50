import { isJsonObject } from '../../../main/engine/formats/json-file.ts'

/** Uniform numbers in [0, 1). */
export type Random = () => number
/** Spoils the bytes of a sound file. */
export type Mutator = (bytes: Buffer, random: Random) => Buffer

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
const place = (random: Random, length: number) => Math.floor(random() * (length + 1))

/** One to eight damages of the kinds that copying, editing and malice make. */
export const spoilBytes: Mutator = (bytes, random) => {
  let spoiled = bytes
  for (let times = 1 + place(random, 7); times > 0; times--) spoiled = pick(random, BYTE_DAMAGES)(spoiled, random)
  return spoiled
}

const BYTE_DAMAGES: readonly Mutator[] = [
  (bytes, random) => bytes.subarray(0, place(random, bytes.length)),
  (bytes, random) => {
    const copy = Buffer.from(bytes)
    if (copy.length > 0) copy[place(random, copy.length - 1)] = Math.floor(random() * 256)
    return copy
  },
  (bytes, random) => {
    const at = place(random, bytes.length)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + place(random, 40))])
  },
  (bytes, random) => {
    const [from, to] = [place(random, bytes.length), place(random, bytes.length)]
    const piece = bytes.subarray(from, from + place(random, 200))
    return Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to)])
  },
  (bytes, random) => {
    const at = place(random, bytes.length)
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(random, HOSTILE_TEXTS)), bytes.subarray(at)])
  },
  (bytes, random) => {
    const copy = Buffer.from(bytes)
    const at = place(random, Math.max(0, copy.length - 8))
    if (copy.length >= 8) copy.writeBigUInt64LE(pick(random, HOSTILE_WORDS), at)
    return copy
  },
]

const HOSTILE_WORDS = [0n, 1n, 0x7fffffffn, 0xffffffffn, 0x7fffffffffffffffn, 0xffffffffffffffffn]
const HOSTILE_TEXTS = [
  '\0',
  '\uFEFF',
  '\u202E',
  '{',
  '[',
  ']',
  '"',
  '\\',
  ',',
  '\n',
  '\r\n',
  ';',
  '-',
  '1e999',
  'NaN',
  'null',
  '__proto__',
  '../../../etc/passwd',
  '{{',
  '{%',
  '&a',
  '*a',
  '!!js/function',
  '<<: *a',
  '%s%n',
  'é'.repeat(50),
  '𝕏',
]

/** Values that are seldom thought of where a number, a text or a list is awaited. */
const HOSTILE_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e-320,
  1e308,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  '',
  ' ',
  'x'.repeat(5000),
  '../../outside',
  '/etc/passwd',
  'C:\\Windows',
  '\0',
  '\uD800',
  '(a+)+$',
  '[',
  [],
  {},
  [[]],
  [null],
  [-1, 1e300],
  { length: 1e9 },
  { toString: 'x' },
  Array.from({ length: 300 }, (_, i) => i),
]

/** Changes one to five places of a JSON text by its structure; what is no JSON is spoiled as bytes. */
export const spoilJson: Mutator = (bytes, random) => {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    return spoilBytes(bytes, random)
  }
  for (let times = 1 + place(random, 4); times > 0; times--) value = changed(value, random)
  return Buffer.from(JSON.stringify(value) ?? '')
}

/** A copy with one place inside replaced, removed, repeated, renamed or wrapped. */
function changed(value: unknown, random: Random): unknown {
  const keys = isJsonObject(value) || Array.isArray(value) ? Object.keys(value) : []
  if (keys.length === 0 || random() < 0.1) return replaced(value, random)
  const key = pick(random, keys)
  if (Array.isArray(value)) return changedList(value, Number(key), random)
  return changedObject(value as Record<string, unknown>, key, random)
}

function changedList(list: readonly unknown[], at: number, random: Random): unknown[] {
  const kind = random()
  if (kind < 0.1) return list.toSpliced(at, 1)
  if (kind < 0.2) return list.toSpliced(at, 0, list[at])
  return list.with(at, changed(list[at], random))
}

function changedObject(object: Readonly<Record<string, unknown>>, key: string, random: Random) {
  const { [key]: value, ...others } = object
  const kind = random()
  if (kind < 0.1) return others
  if (kind < 0.2) {
    return { ...others, [pick(random, ['__proto__', 'constructor', '', 'x'.repeat(3000), `${key} `])]: value }
  }
  return { ...object, [key]: changed(value, random) }
}

function replaced(value: unknown, random: Random): unknown {
  const kind = random()
  if (kind < 0.1) return [value]
  if (typeof value === 'number' && kind < 0.5) return pick(random, [-value, value + 1, value * 1e9, value / 3])
  return pick(random, HOSTILE_VALUES)
}

/** Puts a list of 20,000 brackets into a text, at a place where a value stands. */
export const nestDeeply: Mutator = (bytes, random) => {
  const text = bytes.toString('utf8')
  const places = [...text.matchAll(/: ?(?=["\d[{tfn])/g)].map(({ index, 0: found }) => index + found.length)
  const at = places.length === 0 ? 0 : pick(random, places)
  return Buffer.from(
    `${text.slice(0, at)}${'['.repeat(20_000)}${']'.repeat(20_000)}${text.slice(at).replace(/^[^,}\n]*/, '')}`,
  )
}

/** A safetensors file whose header is changed by its structure and given its right length. */
export const spoilHeader: Mutator = (bytes, random) => {
  const length = Number(bytes.readBigUInt64LE(0))
  const header = pick(random, [spoilJson, spoilBytes])(bytes.subarray(8, 8 + length), random)
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([size, header, bytes.subarray(8 + length)])
}

/** Lines left out, doubled, swapped, joined or changed as JSON. */
export const spoilLines: Mutator = (bytes, random) => {
  const lines = bytes.toString('utf8').split('\n')
  const at = Math.floor(random() * lines.length)
  const line = lines[at] ?? ''
  const kind = Math.floor(random() * 5)
  if (kind === 0) lines.splice(at, 1)
  else if (kind === 1) lines.splice(place(random, lines.length), 0, line)
  else if (kind === 2) lines.splice(at, 2, line + (lines[at + 1] ?? ''))
  else lines[at] = spoilJson(Buffer.from(line), random).toString('utf8')
  return Buffer.from(lines.join('\n'))
}
