import { fault } from '../../../../shared/domain/error.ts'
import { joined, readChunks } from './chunks.ts'
import { type DataReader, decodeUtf8, jsonRow, MAX_ROW_BYTES, type RawRow } from './data-file.ts'

const hint = 'The file must be one JSON array of objects, [{…}, {…}], or have one object a line without the brackets.'

/** One JSON array of objects, cut into its elements without reading all of it into memory. */
export const jsonArray: DataReader = (path) => ({
  place: 'row',
  hint,
  rows: function* (): Generator<RawRow> {
    let at = 0
    for (const bytes of elements(path)) yield rowOf(path, ++at, bytes)
  },
})

function rowOf(path: string, at: number, bytes: Uint8Array): RawRow {
  const text = decodeUtf8(bytes)
  if (text === null)
    throw fault('bad-data', `${path}: row ${at} is not UTF-8 text.`, { hint: 'Save the file as UTF-8.' })
  return jsonRow(at, text)
}

const code = (character: string) => character.charCodeAt(0)
const [QUOTE, BACKSLASH, COMMA] = [code('"'), code('\\'), code(',')]
const OPENING: ReadonlySet<number> = new Set([code('['), code('{')])
const CLOSING: ReadonlySet<number> = new Set([code(']'), code('}')])
const SPACE: ReadonlySet<number> = new Set([code(' '), code('\t'), code('\r'), code('\n'), 0xef, 0xbb, 0xbf])

/** Where the scan stands: how many brackets are open (the array itself is one), and whether inside a text. */
type State = { depth: number; inText: boolean; escaped: boolean; closed: boolean }

function* elements(path: string): Generator<Uint8Array> {
  const state: State = { depth: 0, inText: false, escaped: false, closed: false }
  let rest = new Uint8Array(0)
  let row = 1
  const refuse = (what: string) => fault('bad-data', `${path}: ${what}.`, { hint })
  for (const chunk of readChunks(path)) {
    let start = 0
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number
      if (state.closed) {
        if (SPACE.has(byte)) continue
        throw refuse(`there is more behind the end of the array (row ${row - 1})`)
      }
      const event = advance(state, byte)
      if (event === 'opened') start = i + 1
      if (event !== 'element' && event !== 'closed') continue
      const bytes = joined(rest, chunk.subarray(start, i))
      const isBlank = bytes.every((one) => SPACE.has(one))
      if (!isBlank) yield bytes
      else if (event === 'element' || row > 1) throw refuse(`row ${row} is empty, wanted an object between the commas`)
      rest = new Uint8Array(0)
      row++
      start = i + 1
    }
    rest = state.depth === 0 ? rest : joined(rest, chunk.subarray(start))
    if (rest.length > MAX_ROW_BYTES) throw refuse(`row ${row} is longer than ${MAX_ROW_BYTES} bytes`)
  }
  if (!state.closed) throw refuse(`the array is not closed: the file ends in row ${row}`)
}

type Event = 'opened' | 'element' | 'closed' | null

function advance(state: State, byte: number): Event {
  if (state.inText) {
    if (state.escaped) state.escaped = false
    else if (byte === BACKSLASH) state.escaped = true
    else if (byte === QUOTE) state.inText = false
    return null
  }
  if (byte === QUOTE) state.inText = true
  else if (OPENING.has(byte)) return state.depth++ === 0 ? 'opened' : null
  else if (CLOSING.has(byte)) {
    state.closed = --state.depth === 0
    return state.closed ? 'closed' : null
  } else if (byte === COMMA && state.depth === 1) return 'element'
  return null
}
