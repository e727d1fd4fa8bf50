import { extname } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { shown } from '../../../shared/domain/shown.ts'
import { manyFaults } from '../formats/file-fault.ts'
import { isJsonObject, type JsonObject } from '../formats/json-file.ts'
import { readLines } from './read-lines.ts'

/** One training example as its file gives it; `line` counts from 1. */
export type Row = { readonly line: number } & (
  | { readonly kind: 'instruction'; readonly instruction: string; readonly input: string; readonly output: string }
  | { readonly kind: 'pair'; readonly prompt: string; readonly completion: string }
  | { readonly kind: 'text'; readonly text: string }
)
/** Which column of the file is what, where it has another name than the usual one. */
export type Columns = RunConfig['columns']
export type RowKind = Row['kind']

const limits = { lineBytes: 16_000_000, rows: 5_000_000, faults: 20 }
const wanted = 'wanted "instruction" and "output" (and perhaps "input"), or "prompt" and "completion", or "text"'
const hint = 'Each line must be one JSON object, all with the same fields.'

/**
 * Reads a data file: JSON Lines (Alpaca, prompt/completion or text rows), or for `.txt` one document a paragraph. All
 * rows have one kind. Up to 20 faulty rows are listed, with line, got and wanted, in one `bad-data` fault.
 */
export function readRows(path: string, columns: Columns = {}): Row[] {
  const rows =
    extname(path).toLowerCase() === '.txt' ? readParagraphs(path) : readJsonLines(path, columns, LANGUAGE_ROWS)
  if (rows.length > 0) return rows
  throw fault('bad-data', `${path}: the data set is empty.`, { hint: 'Give a file with at least one row.' })
}

type AnyRow = { readonly line: number; readonly kind: string }

/** How a kind of rows is told from its fields; the answer is null where they are of no such kind. */
export type RowRule<R extends AnyRow> = {
  readonly parse: (value: JsonObject, line: number, fields: FieldReader) => R | null
  /** What is wanted, for error messages. */
  readonly wanted: string
  readonly fieldsOf: (kind: R['kind']) => string
}

/** Reads a JSON Lines file by a rule; up to 20 faulty rows are listed in one `bad-data` fault. */
export function readJsonLines<R extends AnyRow>(path: string, columns: Columns, rule: RowRule<R>): R[] {
  const rows: R[] = []
  const complaints: string[] = []
  for (const { line, text } of textLines(path)) {
    if (text.trim() === '') continue
    if (rows.length === 0 && complaints.length === 0 && /^\s*\[/.test(text)) throw jsonArray(path)
    const parsed = parseRow(text, line, columns, rule)
    const complaint = typeof parsed === 'string' ? parsed : mixedKinds(rows[0], parsed, rule)
    if (complaint) complaints.push(`line ${line}: ${complaint}`)
    else rows.push(parsed as R)
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
function parseRow<R extends AnyRow>(text: string, line: number, columns: Columns, rule: RowRule<R>): R | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return `not valid JSON (${error instanceof Error ? error.message : error})`
  }
  if (!isJsonObject(value)) return `it holds ${shown(value, 60)}, wanted a JSON object`
  const renamed = renameColumns(value, columns)
  if (typeof renamed === 'string') return renamed
  const field = fieldReader(renamed)
  const row = rule.parse(renamed, line, field)
  if (row === null) return `its fields are ${Object.keys(value).slice(0, 10).join(', ') || 'none'}; ${rule.wanted}`
  return field.complaints[0] ?? row
}

/** The mapped columns alone, under their usual names: what a mapping leaves out is not read. */
function renameColumns(value: Readonly<Record<string, unknown>>, columns: Columns) {
  const pairs = Object.entries(columns)
  if (pairs.length === 0) return value
  const missing = pairs.find(([, column]) => !(column in value))
  if (missing) return `it has no column "${missing[1]}" (for ${missing[0]}), but ${Object.keys(value).join(', ')}`
  return Object.fromEntries(pairs.map(([role, column]) => [role, value[column]]))
}

function rowOf(value: JsonObject, line: number, { text }: FieldReader): Row | null {
  if ('instruction' in value && 'output' in value) {
    const input = value.input === undefined || value.input === null ? '' : text('input')
    return { kind: 'instruction', line, instruction: text('instruction'), input, output: text('output') }
  }
  if ('prompt' in value && 'completion' in value) {
    return { kind: 'pair', line, prompt: text('prompt'), completion: text('completion') }
  }
  return 'text' in value ? { kind: 'text', line, text: text('text') } : null
}

/** Reads fields that must be text; complaints are gathered. */
export type FieldReader = { text(name: string): string; readonly complaints: string[] }

function fieldReader(value: JsonObject): FieldReader {
  const complaints: string[] = []
  const text = (name: string): string => {
    const got = value[name]
    if (typeof got === 'string') return got
    complaints.push(`"${name}" is ${shown(got, 60)}, wanted text in quotes`)
    return ''
  }
  return { text, complaints }
}

const kindFields: Readonly<Record<RowKind, string>> = {
  instruction: '"instruction" and "output"',
  pair: '"prompt" and "completion"',
  text: '"text"',
}

/** Rows of language models. */
const LANGUAGE_ROWS: RowRule<Row> = { parse: rowOf, wanted, fieldsOf: (kind) => kindFields[kind] }

const mixedKinds = <R extends AnyRow>(first: R | undefined, row: R, { fieldsOf }: RowRule<R>) =>
  first && first.kind !== row.kind
    ? `it has ${fieldsOf(row.kind)}, but line ${first.line} has ${fieldsOf(first.kind)}; wanted one kind of row`
    : null

const jsonArray = (path: string) =>
  fault('bad-data', `${path}: it is one JSON array, wanted JSON Lines (one JSON object a line).`, {
    hint: 'Write each element of the array on a line of its own, without the brackets and the commas between.',
  })

const tooMany = (path: string) =>
  fault('bad-data', `${path}: more than ${limits.rows} rows.`, { hint: 'Train on a part of the file.' })
