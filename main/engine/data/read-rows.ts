import { extname } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import { manyFaults } from '../formats/file-fault.ts'
import { isJsonObject } from '../formats/json-file.ts'
import { readLines } from './read-lines.ts'

/** One training example as its file gives it; `line` counts from 1. */
export type Row = { readonly line: number } & (
  | { readonly kind: 'instruction'; readonly instruction: string; readonly input: string; readonly output: string }
  | { readonly kind: 'pair'; readonly prompt: string; readonly completion: string }
  | { readonly kind: 'text'; readonly text: string }
)
export type RowKind = Row['kind']

const limits = { lineBytes: 16_000_000, rows: 5_000_000, faults: 20 }
const wanted = 'wanted "instruction" and "output" (and perhaps "input"), or "prompt" and "completion", or "text"'
const hint = 'Each line must be one JSON object, all with the same fields.'

/**
 * Reads a data file: JSON Lines (Alpaca, prompt/completion or text rows), or for `.txt` one document a paragraph. All
 * rows have one kind. Up to 20 faulty rows are listed, with line, got and wanted, in one `bad-data` fault.
 */
export function readRows(path: string): Row[] {
  const rows = extname(path).toLowerCase() === '.txt' ? readParagraphs(path) : readJsonLines(path)
  if (rows.length > 0) return rows
  throw fault('bad-data', `${path}: the data set is empty.`, { hint: 'Give a file with at least one row.' })
}

function readJsonLines(path: string): Row[] {
  const rows: Row[] = []
  const complaints: string[] = []
  for (const { line, text } of textLines(path)) {
    if (text.trim() === '') continue
    if (rows.length === 0 && complaints.length === 0 && /^\s*\[/.test(text)) throw jsonArray(path)
    const parsed = parseRow(text, line)
    const complaint = typeof parsed === 'string' ? parsed : mixedKinds(rows[0], parsed)
    if (complaint) complaints.push(`line ${line}: ${complaint}`)
    else rows.push(parsed as Row)
    if (complaints.length >= limits.faults) break
    if (rows.length > limits.rows) throw tooMany(path)
  }
  if (complaints.length > 0) throw manyFaults('bad-data', path, complaints, hint)
  return rows
}

function readParagraphs(path: string): Row[] {
  const rows: Row[] = []
  let open: { line: number; lines: string[] } | null = null
  const close = () => {
    if (open) rows.push({ kind: 'text', line: open.line, text: open.lines.join('\n') })
    open = null
    if (rows.length > limits.rows) throw tooMany(path)
  }
  for (const { line, text } of textLines(path)) {
    if (text.trim() === '') close()
    else if (open) open.lines.push(text)
    else open = { line, lines: [text] }
  }
  close()
  return rows
}

/** Decoded lines without line ends and byte-order mark. */
function* textLines(path: string): Generator<{ line: number; text: string }> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  for (const { number: line, bytes } of readLines(path, limits.lineBytes)) {
    if (!bytes) {
      throw fault('bad-data', `${path}: line ${line} is longer than ${limits.lineBytes} bytes.`, {
        hint: 'Is this a text file with one row a line?',
      })
    }
    let text: string
    try {
      text = decoder.decode(bytes)
    } catch {
      throw fault('bad-data', `${path}: line ${line} is not UTF-8 text.`, { hint: 'Save the file as UTF-8.' })
    }
    if (line === 1 && text.startsWith('\uFEFF')) text = text.slice(1)
    yield { line, text: text.endsWith('\r') ? text.slice(0, -1) : text }
  }
}

/** The row, or what is wrong with it. */
function parseRow(text: string, line: number): Row | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return `not valid JSON (${error instanceof Error ? error.message : error})`
  }
  if (!isJsonObject(value)) return `it holds ${JSON.stringify(value)?.slice(0, 60)}, wanted a JSON object`
  const field = fieldReader(value)
  const row = rowOf(value, line, field.text)
  if (row === null) return `its fields are ${Object.keys(value).slice(0, 10).join(', ') || 'none'}; ${wanted}`
  return field.complaints[0] ?? row
}

function rowOf(value: Readonly<Record<string, unknown>>, line: number, text: (name: string) => string): Row | null {
  if ('instruction' in value && 'output' in value) {
    const input = value.input === undefined || value.input === null ? '' : text('input')
    return { kind: 'instruction', line, instruction: text('instruction'), input, output: text('output') }
  }
  if ('prompt' in value && 'completion' in value) {
    return { kind: 'pair', line, prompt: text('prompt'), completion: text('completion') }
  }
  return 'text' in value ? { kind: 'text', line, text: text('text') } : null
}

function fieldReader(value: Readonly<Record<string, unknown>>) {
  const complaints: string[] = []
  const text = (name: string): string => {
    const got = value[name]
    if (typeof got === 'string') return got
    complaints.push(`"${name}" is ${JSON.stringify(got)?.slice(0, 60)}, wanted text in quotes`)
    return ''
  }
  return { text, complaints }
}

const kindFields: Readonly<Record<RowKind, string>> = {
  instruction: '"instruction" and "output"',
  pair: '"prompt" and "completion"',
  text: '"text"',
}

const mixedKinds = (first: Row | undefined, row: Row) =>
  first && first.kind !== row.kind
    ? `it has ${kindFields[row.kind]}, but line ${first.line} has ${kindFields[first.kind]}; wanted one kind of row`
    : null

const jsonArray = (path: string) =>
  fault('bad-data', `${path}: it is one JSON array, wanted JSON Lines (one JSON object a line).`, {
    hint: 'Write each element of the array on a line of its own, without the brackets and the commas between.',
  })

const tooMany = (path: string) =>
  fault('bad-data', `${path}: more than ${limits.rows} rows.`, { hint: 'Train on a part of the file.' })
