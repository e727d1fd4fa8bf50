import { extname } from 'node:path'
import { shown } from '../../../shared/domain/shown.ts'
import type { LabelledRow } from '../data/labelled-rows.ts'
import { readLines } from '../data/read-lines.ts'
import type { Row as TextRow } from '../data/read-rows.ts'
import { isJsonObject } from '../formats/json-file.ts'

type Row = TextRow | LabelledRow

const SHOWN_ROWS = 20
const SHOWN_TEXT = 2_000
const MAX_LINE_BYTES = 16_000_000

export type RawRows = {
  readonly columns: string[]
  readonly preview: { readonly line: number; readonly cells: string[] }[]
}

const shorten = (text: string) => (text.length > SHOWN_TEXT ? `${text.slice(0, SHOWN_TEXT)}…` : text)
const cellText = (value: unknown): string =>
  shorten(typeof value === 'string' ? value : value === undefined ? '' : shown(value, SHOWN_TEXT))

function table(records: readonly { readonly line: number; readonly fields: Readonly<Record<string, unknown>> }[]) {
  const columns = [...new Set(records.flatMap(({ fields }) => Object.keys(fields)))].slice(0, 40)
  const preview = records.map(({ line, fields }) => ({ line, cells: columns.map((name) => cellText(fields[name])) }))
  return { columns, preview }
}

function jsonRecord(bytes: Uint8Array): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return isJsonObject(value) ? value : null
  } catch {
    return null
  }
}

/** The first rows of a JSON Lines file with the columns as the file names them, also where no row can be trained on. */
function rawJsonLines(file: string): RawRows {
  const records: { line: number; fields: Record<string, unknown> }[] = []
  for (const { number: line, bytes } of readLines(file, MAX_LINE_BYTES)) {
    if (line > 10 * SHOWN_ROWS || records.length >= SHOWN_ROWS) break
    const fields = bytes && jsonRecord(bytes)
    if (fields) records.push({ line, fields })
  }
  return table(records)
}

/** The first rows as a table; `rows` are the parsed ones where there are any. */
export function rawRows(file: string, rows: readonly Row[] | null): RawRows {
  if (/^\.(jsonl|ndjson|json)$/.test(extname(file).toLowerCase())) {
    const raw = rawJsonLines(file)
    if (raw.preview.length > 0) return raw
  }
  const records = (rows ?? []).slice(0, SHOWN_ROWS).map(({ line, kind: _, ...fields }) => ({ line, fields }))
  return table(records)
}
