import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openDataFile, READERS } from '../../../../main/engine/data/files/index.ts'
import { readRows } from '../../../../main/engine/data/read-rows.ts'
import type { DataExtension } from '../../../../shared/domain/data-files.ts'
import { StudioError } from '../../../../shared/domain/error.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { rejectionOf } from '../thrown-by.ts'

const parquetFolder = join(import.meta.dirname, 'parquet')
const parquetFile = (name: string) => readFileSync(join(parquetFolder, name))
type Fields = Readonly<Record<string, string>>
const ROWS: readonly Fields[] = JSON.parse(readFileSync(join(parquetFolder, 'rows.json'), 'utf8'))

const lines = (rows: readonly Fields[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
const cell = (text: string) => `"${text.replaceAll('"', '""')}"`
const separated = (mark: string) => (rows: readonly Fields[]) =>
  [Object.keys(rows[0] ?? {}), ...rows.map(Object.values)].map((cells) => cells.map(cell).join(mark)).join('\r\n')
const paragraphs = (rows: readonly Fields[]) => rows.map(({ instruction }) => instruction).join('\n\n')

/** How each kind of file is written, and where its rows stand. */
const FILES = {
  jsonl: { write: lines, places: [1, 2, 3] },
  ndjson: { write: lines, places: [1, 2, 3] },
  json: { write: (rows) => JSON.stringify(rows, null, 2), places: [1, 2, 3] },
  csv: { write: separated(','), places: [2, 3, 4] },
  tsv: { write: separated('\t'), places: [2, 3, 4] },
  parquet: { write: () => parquetFile('snappy.parquet'), places: [1, 2, 3] },
  txt: { write: paragraphs, places: [1, 3, 5] },
} as const satisfies Record<
  DataExtension,
  { write: (rows: readonly Fields[]) => string | Buffer; places: readonly number[] }
>

function fileOf(content: string | Buffer, extension: string): string {
  const path = join(temporaryFolder(), `rows.${extension}`)
  writeFileSync(path, content)
  return path
}

async function valuesOf(path: string) {
  const rows: unknown[] = []
  for await (const row of openDataFile(path).rows()) rows.push('value' in row ? row.value : row)
  return rows
}

describe.each(Object.keys(READERS) as DataExtension[])('.%s files', (extension) => {
  const { write, places } = FILES[extension]

  it('give their rows with their places', async () => {
    const rows = await readRows(fileOf(write(ROWS), extension))
    const fields = ROWS.map((row) => (extension === 'txt' ? { text: row.instruction } : row))
    expect(rows).toMatchObject(fields.map((row, i) => ({ ...row, line: places[i] })))
  })

  it('are told to be empty where there is nothing in them', async () => {
    const { code, message } = await rejectionOf(readRows(fileOf('', extension)))
    expect([code, message]).toEqual(['bad-data', expect.stringMatching(/empty|0 bytes/)])
  })

  it('never end in anything but rows or a written fault, wherever they are cut or scrambled', async () => {
    const whole = Buffer.from(write(ROWS))
    const path = join(temporaryFolder(), `rows.${extension}`)
    for (let at = 1; at < whole.length; at += Math.ceil(whole.length / 60)) {
      const scrambled = Buffer.from(whole)
      scrambled[at] = 255 - (scrambled[at] as number)
      for (const content of [whole.subarray(0, at), scrambled]) {
        writeFileSync(path, content)
        const outcome = await readRows(path).catch((error: unknown) => error)
        if (!Array.isArray(outcome)) expect(outcome, `byte ${at}`).toBeInstanceOf(StudioError)
      }
    }
  })
})

it.each(readdirSync(parquetFolder).filter((name) => extname(name) === '.parquet' && name !== 'kinds.parquet'))(
  'Parquet as %s holds the same rows',
  async (name) => {
    expect(await valuesOf(join(parquetFolder, name))).toEqual(ROWS)
  },
)

it('Parquet values become what JSON would hold', async () => {
  const talk = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Hello.' },
  ]
  expect(await valuesOf(join(parquetFolder, 'kinds.parquet'))).toMatchObject([
    { messages: talk, tokens: ['a', 'b'], label: 3, score: 1.5, big: String(2n ** 60n), flag: true, when: null },
    { messages: talk.slice(1), tokens: [], label: -1, score: 0.25, big: 7, flag: false, when: 'later' },
  ])
})

it('JSON is told by its first byte, whatever the ending', async () => {
  expect(await valuesOf(fileOf(`\uFEFF ${JSON.stringify(ROWS)}\n`, 'jsonl'))).toEqual(ROWS)
  expect(await valuesOf(fileOf(lines(ROWS), 'json'))).toEqual(ROWS)
})

it('a JSON array is cut at its own commas, and what breaks it is named', async () => {
  const odd = [{ text: '], [' }, { text: '\\"}', list: [[1, 2], { a: ',' }] }]
  expect(await valuesOf(fileOf(JSON.stringify(odd), 'json'))).toEqual(odd)
  const message = async (content: string) => (await rejectionOf(readRows(fileOf(content, 'json')))).message
  expect(await message('[{"text":"a"},{"text":"b"}')).toContain('not closed: the file ends in row 2')
  expect(await message('[{"text":"a"}] [1]')).toContain('more behind the end of the array (row 1)')
  expect(await message('[{"text":"a"},,{"text":"b"}]')).toContain('row 2 is empty')
  expect(await message('[{"text":"a"},\n{"text":b}]')).toContain('row 2: not valid JSON')
  expect(await message('[{"text":"a"},{"text":1}]')).toContain('row 2: "text" is 1, wanted text')
  expect(await message(`[{"text":"${'x'.repeat(17_000_000)}"}]`)).toContain('row 1 is longer than 16000000 bytes')
})

it('tables are read with the separator they use, and faulty rows are counted as a spreadsheet does', async () => {
  for (const mark of [',', ';', '\t', '|']) {
    expect(await valuesOf(fileOf(`\uFEFFtext${mark}label\na${mark}b\n\n`, 'csv'))).toEqual([{ text: 'a', label: 'b' }])
  }
  const message = async (content: string | Buffer) => (await rejectionOf(readRows(fileOf(content, 'csv')))).message
  expect(await message('text,label\na,b\nc\n')).toContain('row 3: it has 1 cells, the first row names 2 columns')
  expect(await message('text,text\na,b\n')).toContain('row 1 has two columns named "text"')
  expect(await message('text,\na,b\n')).toContain('row 1 has no name for column 2')
  expect(await message('question\na\n')).toContain('row 2: its fields are question; wanted "instruction"')
  expect(await message(Buffer.from('text\n\xff\n', 'latin1'))).toContain('not UTF-8 text')
  expect(await message(`text\n"${'x'.repeat(17_000_000)}`)).toContain('longer than 16000000 bytes')
  expect(await message('text\n')).toContain('the data set is empty')
})

it('other endings are refused with those that are read', async () => {
  expect((await rejectionOf(readRows(fileOf('', 'xlsx')))).message).toContain('.xlsx files are not read, wanted .jsonl')
})
