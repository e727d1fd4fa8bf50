import { Readable } from 'node:stream'
import { parse } from 'csv-parse'
import { fault } from '../../../../shared/domain/error.ts'
import { readChunks } from './chunks.ts'
import { type DataFile, type DataReader, MAX_COLUMNS, MAX_ROW_BYTES, type RawRow } from './data-file.ts'

const hint = 'The first row must name the columns; cells with line ends, quotes or separators stand in "quotes".'

/** A table of text with the columns' names in its first row; rows are counted as a spreadsheet counts them. */
const table = (path: string, delimiterOf: (header: string) => string): DataFile => ({
  place: 'row',
  hint,
  textOnly: true,
  rows: async function* (): AsyncGenerator<RawRow> {
    let header: readonly string[] | null = null
    let at = 0
    for await (const cells of records(path, delimiterOf)) {
      at++
      if (header === null) header = checkedHeader(path, cells)
      else yield rowOf(at, header, cells)
    }
  },
})

/** Comma-separated values, or what spreadsheets of other languages write in their place. */
export const csv: DataReader = (path) => table(path, likeliestDelimiter)
export const tsv: DataReader = (path) => table(path, () => '\t')

/** The separator that stands most often in the header, outside quotes. */
function likeliestDelimiter(header: string): string {
  const bare = header.replaceAll(/"[^"]*"/g, '')
  const counted = [',', ';', '\t', '|'].map((mark) => ({ mark, count: bare.split(mark).length }))
  return counted.reduce((most, one) => (one.count > most.count ? one : most)).mark
}

async function* records(path: string, delimiterOf: (header: string) => string): AsyncGenerator<readonly string[]> {
  const texts = decodedChunks(path)
  const first = texts.next()
  if (first.done) return
  const parser = parse({
    bom: true,
    delimiter: delimiterOf(first.value.split('\n', 1)[0] ?? ''),
    max_record_size: MAX_ROW_BYTES,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  })
  const source = Readable.from(chain(first.value, texts))
  source.on('error', (error) => parser.destroy(error))
  const cells: AsyncIterable<readonly string[]> = source.pipe(parser)
  try {
    yield* cells
  } catch (error) {
    throw csvFault(path, error)
  } finally {
    source.destroy()
  }
}

function* chain(first: string, rest: Iterable<string>): Generator<string> {
  yield first
  yield* rest
}

function* decodedChunks(path: string): Generator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const decode = (bytes?: Uint8Array) => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode()
    } catch {
      throw fault('bad-data', `${path}: it is not UTF-8 text.`, { hint: 'Save it as "CSV UTF-8".' })
    }
  }
  for (const chunk of readChunks(path)) yield decode(chunk)
  yield decode()
}

function checkedHeader(path: string, names: readonly string[]): readonly string[] {
  const refuse = (what: string) => fault('bad-data', `${path}: row 1 ${what}.`, { hint })
  if (names.length > MAX_COLUMNS) throw refuse(`has ${names.length} columns, at most ${MAX_COLUMNS} are read`)
  const blank = names.findIndex((name) => name.trim() === '')
  // A table that was saved with its index has a first column without a name.
  if (blank > 0) throw refuse(`has no name for column ${blank + 1}`)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw refuse(`has two columns named "${twice.slice(0, 60)}"`)
  return names.map((name) => name.trim())
}

function rowOf(at: number, header: readonly string[], cells: readonly string[]): RawRow {
  if (cells.length !== header.length) {
    return { at, complaint: `it has ${cells.length} cells, the first row names ${header.length} columns` }
  }
  return { at, value: Object.fromEntries(header.map((name, i) => [name, cells[i]])) }
}

function csvFault(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('CSV_')) return error
  const where = 'lines' in error ? ` (line ${error.lines})` : ''
  const what =
    error.code === 'CSV_MAX_RECORD_SIZE'
      ? `a row is longer than ${MAX_ROW_BYTES} bytes${where}; is a quote left open?`
      : `it cannot be read as a table${where}: ${error.message}`
  return fault('bad-data', `${path}: ${what}.`, { hint })
}
