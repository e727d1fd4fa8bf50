import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { fault, StudioError } from '../../../../shared/domain/error.ts'
import { onFile } from '../../formats/file-fault.ts'
import { type DataReader, MAX_COLUMNS, type RawRow } from './data-file.ts'

const hint = 'The file is damaged or not completely downloaded; write or download it again.'
const limits = { metadataBytes: 64_000_000, groupBytes: 2_000_000_000, groupRows: 2_000_000, pageBytes: 1 << 30 }

/** Apache Parquet with any of its compressions, one row group in memory at a time. */
export const parquet: DataReader = (path) => ({
  place: 'row',
  hint: 'All rows must have the same fields, named as one of these kinds, or mapped by `columns`.',
  rows: () => parquetRows(path),
})

async function* parquetRows(path: string): AsyncGenerator<RawRow> {
  const fd = onFile(path, () => openSync(path, 'r'))
  try {
    const file = buffer(fd, path)
    const metadata = await understood(path, () => checkedMetadata(path, file))
    let at = 0
    for (const group of metadata.row_groups) {
      const [rowStart, rowEnd] = [at, at + Number(group.num_rows)]
      const rows = await understood(path, () =>
        parquetReadObjects({ file, metadata, compressors: bounded, rowStart, rowEnd }),
      )
      for (const row of rows) yield { at: ++at, value: plain(row) }
    }
  } finally {
    closeSync(fd)
  }
}

/** Positions of the file, read when asked for. */
function buffer(fd: number, path: string): AsyncBuffer {
  const byteLength = onFile(path, () => fstatSync(fd).size)
  return {
    byteLength,
    slice: (start, end = byteLength) => {
      if (!(start >= 0 && start <= end && end <= byteLength))
        throw new Error(`bytes ${start} to ${end} of ${byteLength}`)
      const bytes = new Uint8Array(end - start)
      onFile(path, () => {
        for (let done = 0; done < bytes.length; ) {
          const got = readSync(fd, bytes, done, bytes.length - done, start + done)
          if (got === 0) throw new Error('the file shrank while it was read')
          done += got
        }
      })
      return bytes.buffer
    },
  }
}

async function checkedMetadata(path: string, file: AsyncBuffer): Promise<FileMetaData> {
  const refuse = (what: string) => fault('bad-data', `${path}: ${what}.`, { hint })
  if (file.byteLength < 12) throw refuse(`the file has ${file.byteLength} bytes, a Parquet file has at least 12`)
  const footer = new DataView(await file.slice(file.byteLength - 8))
  if (footer.getUint32(4, true) !== 0x31524150) throw refuse('it does not end as a Parquet file does')
  const metadataBytes = footer.getUint32(0, true)
  if (metadataBytes > limits.metadataBytes) throw refuse(`its metadata would take ${metadataBytes} bytes`)
  const metadata = await parquetMetadataAsync(file)
  const columns = metadata.schema[0]?.num_children ?? 0
  if (columns > MAX_COLUMNS) throw refuse(`it has ${columns} columns, at most ${MAX_COLUMNS} are read`)
  metadata.row_groups.forEach(({ num_rows: rows, total_byte_size: bytes }, i) => {
    const fits = rows >= 0n && rows <= limits.groupRows && bytes <= limits.groupBytes
    if (!fits) throw refuse(`row group ${i + 1} has ${rows} rows in ${bytes} bytes, too many to be read at once`)
  })
  return metadata
}

/** Pages say how large they are once unpacked; no page of a real file is near the bound. */
const bounded = Object.fromEntries(
  Object.entries(compressors).map(([name, unpack]) => [
    name,
    (input: Uint8Array, size: number) => {
      if (!(size >= 0 && size <= limits.pageBytes)) throw new Error(`a page of ${size} bytes`)
      return unpack(input, size)
    },
  ]),
) as Compressors

/** The library's complaints about a file's content as faults that name the file. */
async function understood<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StudioError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw fault('bad-data', `${path}: it cannot be read as Parquet: ${reason}.`, { hint })
  }
}

/** Values as JSON has them: whole numbers as numbers, bytes as text saying how many they are. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (value === undefined) return null
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return value.toJSON()
  if (value instanceof Uint8Array) return `(${value.length} bytes)`
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as ArrayLike<unknown>, plain)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}
