import { fault } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { shown } from '../../../shared/domain/shown.ts'
import { manyFaults } from '../formats/file-fault.ts'
import { isJsonObject, type JsonObject } from '../formats/json-file.ts'
import { type Message, messagesOf } from './chat-messages.ts'
import { type FieldReader, fieldReader } from './field-reader.ts'
import type { DataFile, RawRow } from './files/data-file.ts'
import { isDataFile, openDataFile } from './files/index.ts'

/** One training example as its file gives it; `line` counts lines, or rows where a file has no lines, from 1. */
export type Row = { readonly line: number } & (
  | { readonly kind: 'instruction'; readonly instruction: string; readonly input: string; readonly output: string }
  | { readonly kind: 'pair'; readonly prompt: string; readonly completion: string }
  | { readonly kind: 'chat'; readonly messages: readonly Message[] }
  | { readonly kind: 'text'; readonly text: string }
)
/** Which column of the file is what, where it has another name than the usual one. */
export type Columns = RunConfig['columns']
export type RowKind = Row['kind']

const limits = { rows: 5_000_000, faults: 20 }

/** Reads a data file of a language model: Alpaca, prompt/completion, conversation or text rows; see {@link readByRule}. */
export const readRows = (path: string, columns: Columns = {}): Promise<Row[]> =>
  readByRule(path, columns, LANGUAGE_ROWS)

type AnyRow = { readonly line: number; readonly kind: string }

/** How a kind of rows is told from its fields; the answer is null where they are of no such kind. */
export type RowRule<R extends AnyRow> = {
  readonly parse: (value: JsonObject, line: number, fields: FieldReader) => R | null
  /** What is wanted, for error messages. */
  readonly wanted: string
  readonly fieldsOf: (kind: R['kind']) => string
}

/**
 * Reads a data file of any format by a rule. All rows have one kind. Up to 20 faulty rows are listed, with their place,
 * got and wanted, in one `bad-data` fault; a file without rows is one too.
 */
export async function readByRule<R extends AnyRow>(path: string, columns: Columns, rule: RowRule<R>): Promise<R[]> {
  const file = openDataFile(path)
  const rows: R[] = []
  const complaints: string[] = []
  for await (const raw of file.rows()) {
    const parsed = parseRow(raw, file, columns, rule)
    const complaint = typeof parsed === 'string' ? parsed : mixedKinds(rows[0], parsed, file, rule)
    if (complaint) complaints.push(`${file.place} ${raw.at}: ${complaint}`)
    else rows.push(parsed as R)
    if (complaints.length >= limits.faults) break
    if (rows.length > limits.rows) throw tooMany(path)
  }
  if (complaints.length > 0) throw manyFaults('bad-data', path, complaints, file.hint)
  if (rows.length > 0) return rows
  throw fault('bad-data', `${path}: the data set is empty.`, { hint: 'Give a file with at least one row.' })
}

/** A complaint about a row with its place, `line 3: …` or `row 3: …`; what comes from no file has none. */
export const aboutRow = (path: string, { line }: { readonly line: number }, complaint: string): string =>
  isDataFile(path) ? `${openDataFile(path).place} ${line}: ${complaint}` : complaint

/** The row, or what is wrong with it. */
function parseRow<R extends AnyRow>(raw: RawRow, file: DataFile, columns: Columns, rule: RowRule<R>): R | string {
  if ('complaint' in raw) return raw.complaint
  const { at, value } = raw
  if (!isJsonObject(value)) return `it holds ${shown(value, 60)}, wanted a JSON object`
  const renamed = renameColumns(value, columns)
  if (typeof renamed === 'string') return renamed
  const fields = fieldReader(renamed, file.textOnly === true)
  const row = rule.parse(renamed, at, fields)
  if (row === null) return `its fields are ${namesOf(value)}; ${rule.wanted}`
  return fields.complaints[0] ?? row
}

const namesOf = (value: JsonObject) => Object.keys(value).slice(0, 10).join(', ').slice(0, 300) || 'none'

/** The mapped columns alone, under their usual names: what a mapping leaves out is not read. */
function renameColumns(value: JsonObject, columns: Columns): JsonObject | string {
  const pairs = Object.entries(columns)
  if (pairs.length === 0) return value
  const missing = pairs.find(([, column]) => !Object.hasOwn(value, column))
  if (missing) return `it has no column "${missing[1]}" (for ${missing[0]}), but ${namesOf(value)}`
  return Object.fromEntries(pairs.map(([role, column]) => [role, value[column]]))
}

function rowOf(value: JsonObject, line: number, fields: FieldReader): Row | null {
  const messages = messagesOf(value, fields)
  if (messages) return { kind: 'chat', line, messages }
  const { text } = fields
  if ('instruction' in value && 'output' in value) {
    const input = value.input === undefined || value.input === null ? '' : text('input')
    return { kind: 'instruction', line, instruction: text('instruction'), input, output: text('output') }
  }
  if ('prompt' in value && 'completion' in value) {
    return { kind: 'pair', line, prompt: text('prompt'), completion: text('completion') }
  }
  return 'text' in value ? { kind: 'text', line, text: text('text') } : null
}

const kindFields: Readonly<Record<RowKind, string>> = {
  instruction: '"instruction" and "output"',
  pair: '"prompt" and "completion"',
  chat: 'a conversation',
  text: '"text"',
}

const wanted =
  'wanted "instruction" and "output" (and perhaps "input"), or "prompt" and "completion", or "messages" (or "conversations"), or "text"'

/** Rows of language models. */
const LANGUAGE_ROWS: RowRule<Row> = { parse: rowOf, wanted, fieldsOf: (kind) => kindFields[kind] }

const mixedKinds = <R extends AnyRow>(first: R | undefined, row: R, { place }: DataFile, { fieldsOf }: RowRule<R>) =>
  first && first.kind !== row.kind
    ? `it has ${fieldsOf(row.kind)}, but ${place} ${first.line} has ${fieldsOf(first.kind)}; wanted one kind of row`
    : null

const tooMany = (path: string) =>
  fault('bad-data', `${path}: more than ${limits.rows} rows.`, { hint: 'Train on a part of the file.' })
