import { extname } from 'node:path'
import { DATA_EXTENSIONS, type DataExtension } from '../../../../shared/domain/data-files.ts'
import { fault } from '../../../../shared/domain/error.ts'
import { csv, tsv } from './csv.ts'
import type { DataFile, DataReader } from './data-file.ts'
import { json } from './json.ts'
import { parquet } from './parquet.ts'
import { text } from './text.ts'

/** The reader of each ending. An addition is one file here and one ending in shared/domain/data-files.ts. */
export const READERS = {
  jsonl: json,
  ndjson: json,
  json,
  csv,
  tsv,
  parquet,
  txt: text,
} as const satisfies Record<DataExtension, DataReader>

const endingOf = (path: string) => extname(path).slice(1).toLowerCase()
const known = (ending: string) => DATA_EXTENSIONS.find((one) => one === ending)

export const isDataFile = (path: string): boolean => known(endingOf(path)) !== undefined

/** Opens a data file by its ending. */
export function openDataFile(path: string): DataFile {
  const extension = endingOf(path)
  const ending = known(extension)
  if (ending !== undefined) return READERS[ending](path)
  const got = extension === '' ? 'it has no ending' : `.${extension} files are not read`
  throw fault('bad-data', `${path}: ${got}, wanted .${DATA_EXTENSIONS.join(', .')}.`, {
    hint: 'Save the data as one of these, or rename the file if it is one of them.',
  })
}
