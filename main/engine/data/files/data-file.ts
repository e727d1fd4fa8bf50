import type { RowPlace } from '../../../../shared/domain/data-files.ts'

/** A row of a data file as it stands there, or what is wrong with it; `at` counts lines or rows from 1. */
export type RawRow = { readonly at: number } & ({ readonly value: unknown } | { readonly complaint: string })

/** An open data file. Rows come one after another; faults of the file as a whole are thrown, those of a row are given. */
export type DataFile = {
  readonly place: RowPlace
  /** What the file should look like, for those whose file does not. */
  readonly hint: string
  /** Every value is text: numbers and lists are to be read from it. */
  readonly textOnly?: true
  readonly rows: () => AsyncIterable<RawRow> | Iterable<RawRow>
}

/** A kind of data file; answers with the file, whose first bytes may have been looked at. */
export type DataReader = (path: string) => DataFile

/** Bytes of one row: far above any text that could be trained on, far below what fills the memory. */
export const MAX_ROW_BYTES = 16_000_000
export const MAX_COLUMNS = 1_000

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of UTF-8 bytes, or null where they are none. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}

/** The value of a JSON text as a row. */
export function jsonRow(at: number, text: string): RawRow {
  try {
    return { at, value: JSON.parse(text) }
  } catch (error) {
    return { at, complaint: `not valid JSON (${error instanceof Error ? error.message : error})` }
  }
}
