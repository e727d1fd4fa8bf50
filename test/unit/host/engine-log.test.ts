import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import { expect, test } from 'vitest'
import { createEngineLog } from '../../../main/host/engine-log.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

async function logged(file: string, ...pieces: string[]) {
  const log = createEngineLog(file)
  const stream = new PassThrough()
  log.follow(stream)
  for (const piece of pieces) stream.write(piece)
  stream.end()
  await finished(stream)
  await log.end()
  return log.lastLines()
}

test('once ended, the file holds every line, however they came in pieces', async () => {
  const file = join(temporaryFolder(), 'engine.log')
  expect(await logged(file, 'fir', 'st\r\nsec', 'ond\n', '\nlast without an end')).toEqual([
    'first',
    'second',
    'last without an end',
  ])
  expect(readFileSync(file, 'utf8')).toMatch(/^--- \S+\nfirst\nsecond\n\nlast without an end\n$/)
})

test("the library's unavoidable lines are in neither the file nor an error text", async () => {
  const file = join(temporaryFolder(), 'engine.log')
  const noise = 'WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n'
  expect(await logged(file, noise.slice(0, 20), noise.slice(20), 'E0000 op.cc:1] out of memory\n')).toEqual([
    'E0000 op.cc:1] out of memory',
  ])
  expect(readFileSync(file, 'utf8')).not.toContain('absl')
})

test('a line without an end does not gather in memory, and long ones are cut in error texts', async () => {
  const file = join(temporaryFolder(), 'engine.log')
  const lines = await logged(file, ...new Array<string>(40).fill('x'.repeat(10_000)))
  expect(lines.length).toBeGreaterThan(3)
  expect(Math.max(...lines.map((line) => line.length))).toBe(500)
  expect(readFileSync(file, 'utf8').match(/x/g)).toHaveLength(400_000)
})

test('a file that cannot be written loses only the log', async () => {
  expect(await logged(join(temporaryFolder(), 'no', 'such', 'folder.log'), 'last words\n')).toEqual(['last words'])
})
