import type { DataFacts } from '../../../shared/domain/data-facts.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { shown } from '../../../shared/domain/shown.ts'
import { openDataFile } from '../data/files/index.ts'
import { isJsonObject, type JsonObject } from '../formats/json-file.ts'
import { looksLike } from './looks-like.ts'

const SHOWN_ROWS = 20
const SHOWN_COLUMNS = 40
const SHOWN_TEXT = 2_000

const shorten = (text: string) => (text.length > SHOWN_TEXT ? `${text.slice(0, SHOWN_TEXT)}…` : text)
const cellText = (value: unknown): string =>
  shorten(typeof value === 'string' ? value : value === undefined ? '' : shown(value, SHOWN_TEXT))

/** The first rows as the file names their columns, also where no row can be trained on. */
async function firstRecords(path: string) {
  const file = openDataFile(path)
  const records: { readonly line: number; readonly fields: JsonObject }[] = []
  for await (const raw of file.rows()) {
    if (raw.at > 10 * SHOWN_ROWS || records.length >= SHOWN_ROWS) break
    if ('value' in raw && isJsonObject(raw.value)) records.push({ line: raw.at, fields: raw.value })
  }
  return { place: file.place, records }
}

/** The first rows as a table, and what they look like they are for. */
export async function rawRows(
  path: string,
  mapping: RunConfig['columns'],
): Promise<Pick<DataFacts, 'place' | 'columns' | 'preview' | 'looksLike'>> {
  const { place, records } = await firstRecords(path)
  const columns = [...new Set(records.flatMap(({ fields }) => Object.keys(fields)))].slice(0, SHOWN_COLUMNS)
  const preview = records.map(({ line, fields }) => ({ line, cells: columns.map((name) => cellText(fields[name])) }))
  return { place, columns, preview, looksLike: records[0] ? looksLike(records[0].fields, mapping) : null }
}
