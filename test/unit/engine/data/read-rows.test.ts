import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readLines } from '../../../../main/engine/data/files/lines.ts'
import { readRows } from '../../../../main/engine/data/read-rows.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { rejectionOf } from '../thrown-by.ts'
import { rowFile } from './row-file.ts'

const demo = join(import.meta.dirname, '../../../../resources/demo')

test('the demo rows are Alpaca rows', async () => {
  const rows = await readRows(join(demo, 'kinds.train.jsonl'))
  expect(rows).toHaveLength(8000)
  expect(rows[7999]).toMatchObject({ kind: 'instruction', line: 8000, output: 'animal' })
})

test('each kind of row is told by its fields; other fields and blank lines do not matter', async () => {
  expect(await readRows(rowFile([{ instruction: 'i', input: null, output: 'o', answer: 1 }, '', '  ']))).toEqual([
    { kind: 'instruction', line: 1, instruction: 'i', input: '', output: 'o' },
  ])
  expect(await readRows(rowFile(['', { prompt: 'p', completion: 'c' }]))).toEqual([
    { kind: 'pair', line: 2, prompt: 'p', completion: 'c' },
  ])
  expect(await readRows(rowFile([{ text: 't' }]))).toEqual([{ kind: 'text', line: 1, text: 't' }])
})

test('byte-order mark, Windows line ends and a missing last line end are fine', async () => {
  const path = join(temporaryFolder(), 'rows.jsonl')
  writeFileSync(path, '\uFEFF{"text":"a"}\r\n{"text":"b"}')
  expect((await readRows(path)).map((row) => row.kind === 'text' && row.text)).toEqual(['a', 'b'])
})

test('a text file holds one document a paragraph', async () => {
  const path = rowFile(['one', 'more', '', '', '  ', 'two'], 'book.txt')
  expect(await readRows(path)).toEqual([
    { kind: 'text', line: 1, text: 'one\nmore' },
    { kind: 'text', line: 6, text: 'two' },
  ])
})

test('every faulty row is named with its line, what was got and what was wanted', async () => {
  const path = rowFile([
    { instruction: 'i', output: 'o' },
    '{"instruction": "i", ',
    { instruction: 'i', output: 5 },
    '[1]',
    { question: 'q', answer: 'a' },
    { text: 't' },
  ])
  const { code, message, details } = await rejectionOf(readRows(path))
  expect(code).toBe('bad-data')
  expect(message).toContain(`${path}: line 2: not valid JSON`)
  expect(details).toHaveLength(5)
  expect(details[1]).toBe('line 3: "output" is 5, wanted text')
  expect(details[2]).toMatch(/^line 4: it holds \[1\], wanted a JSON object/)
  expect(details[3]).toMatch(/^line 5: its fields are question, answer; wanted "instruction" and "output"/)
  expect(details[4]).toMatch(/^line 6: it has "text", but line 1 has "instruction" and "output"/)
})

test('a file of nothing but faults ends after twenty of them', async () => {
  expect((await rejectionOf(readRows(rowFile(new Array(500).fill('{'))))).details).toHaveLength(20)
})

test('an empty, a binary and a missing file each get their own error', async () => {
  expect(await rejectionOf(readRows(rowFile([])))).toMatchObject({ code: 'bad-data', message: /empty/ })
  expect(await rejectionOf(readRows(rowFile(['', ' '], 'a.txt')))).toMatchObject({ code: 'bad-data', message: /empty/ })
  expect(await rejectionOf(readRows(join(temporaryFolder(), 'none.jsonl')))).toMatchObject({ code: 'bad-file' })
  const path = rowFile([{ text: 'a' }])
  writeFileSync(path, Buffer.from('7b0a7bff7d0a', 'hex'))
  expect((await rejectionOf(readRows(path))).message).toMatch(/line 2 is not UTF-8/)
})

test('a line without end is refused before it fills the memory', async () => {
  const path = join(temporaryFolder(), 'rows.jsonl')
  writeFileSync(path, Buffer.alloc(20_000_000, 'x'))
  expect((await rejectionOf(readRows(path))).message).toMatch(/line 1 is longer than 16000000 bytes/)
})

test('lines are split the same wherever the pieces of the file end', () => {
  const path = join(temporaryFolder(), 'lines')
  const length = fc.oneof(fc.nat(20), fc.integer({ min: 1_048_570, max: 1_048_580 }), fc.nat(1_500_000))
  fc.assert(
    fc.property(fc.array(length, { maxLength: 4 }), fc.boolean(), (lengths, ended) => {
      const lines = lengths.map((n, i) => String.fromCharCode(97 + i).repeat(n))
      writeFileSync(path, lines.join('\n') + (ended ? '\n' : ''))
      const got = [...readLines(path, 1_200_000)].map(({ bytes }) => (bytes ? Buffer.from(bytes).toString() : null))
      const wanted = lines.map((line) => (line.length > 1_200_000 ? null : line))
      if (!ended && wanted.at(-1) === '') wanted.pop()
      expect(got).toEqual(lengths.length === 0 && ended ? [''] : wanted)
    }),
    { numRuns: 30 },
  )
})
