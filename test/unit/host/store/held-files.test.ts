import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openRaw } from '../../../../main/host/store/database.ts'
import { recoverDatabase } from '../../../../main/host/store/recover.ts'
import { openStore } from '../../../../main/host/store/store.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { makeConfig } from '../studio.ts'

function setUp() {
  const folder = temporaryFolder()
  const file = join(folder, 'studio.sqlite')
  const store = openStore(file)
  const add = (id: string) =>
    store.runs.insert({ id, config: makeConfig(folder), versions: {}, createdAt: 1, owner: { pid: 1, start: '' } })
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => said.mockRestore())
  return { file, store, add, said }
}

/** What a process sees that opens the file now. */
function seenByOthers(file: string): string[] {
  const other = openStore(file)
  const ids = other.runs.list().map(({ id }) => id)
  other.close()
  return ids.sort()
}

test.each([['-wal'], ['-shm'], [''], ['-wal', ''], ['', '-wal', '-shm']])(
  'deleted while it is open (%s %s %s), it is put back with all it held and goes on',
  (...parts) => {
    const { file, store, add, said } = setUp()
    add('before')
    for (const part of parts) rmSync(file + part)
    store.keepFiles()
    expect(said).toHaveBeenCalledOnce()
    expect(seenByOthers(file)).toEqual(['before'])
    add('after')
    store.keepFiles()
    expect(said).toHaveBeenCalledOnce()
    store.close()
    expect(seenByOthers(file)).toEqual(['after', 'before'])
  },
)

test('another process that looks at it before it is put back waits for that, instead of calling it damaged', async () => {
  const { file, store, add } = setUp()
  add('r')
  rmSync(`${file}-wal`)
  const entry = join(import.meta.dirname, '../../../../main/host/history-process.ts')
  const look = promisify(execFile)(process.execPath, [entry, file])
  // SQLite makes the log that it misses as it looks.
  while (!existsSync(`${file}-wal`)) await delay(1)
  store.keepFiles()
  expect(JSON.parse((await look).stdout)).toMatchObject({ runs: 1, complaints: [] })
  store.close()
})

test('a repair before it is put back is refused, and nothing is lost', () => {
  const { file, store, add } = setUp()
  add('r')
  rmSync(`${file}-wal`)
  expect(() => recoverDatabase(file)).toThrow(/while another studio has it open/)
  add('after')
  store.close()
  expect(seenByOthers(file)).toEqual(['after', 'r'])
  expect(readdirSync(dirname(file)).filter((name) => /recovering|damaged/.test(name))).toEqual([])
})

test('while somebody still reads what was before, it is not put back in part', () => {
  const { file, store, add } = setUp()
  add('before')
  const reader = openRaw(file)
  reader.exec('BEGIN; SELECT * FROM runs')
  add('after')
  rmSync(`${file}-wal`)
  expect(() => store.keepFiles()).toThrow(/is still read by another program/)
  expect(store.runs.list()).toHaveLength(2)
  reader.close()
  store.keepFiles()
  expect(store.runs.list()).toHaveLength(2)
  store.close()
  expect(seenByOthers(file)).toEqual(['after', 'before'])
})

test('deleted in the last second, it is put back when the studio closes', () => {
  const { file, store, add } = setUp()
  add('r')
  rmSync(file)
  store.close()
  expect(seenByOthers(file)).toEqual(['r'])
})

test('another file in its place is not touched, and the studio goes on with the old one', () => {
  const { file, store, add, said } = setUp()
  add('before')
  for (const part of ['', '-wal', '-shm']) rmSync(file + part)
  writeFileSync(file, 'mine')
  expect(() => store.keepFiles()).toThrow(/studio.sqlite was replaced while the studio was at work/)
  add('after')
  expect(store.runs.list()).toHaveLength(2)
  store.close()
  expect(said).toHaveBeenCalledOnce()
  expect(readFileSync(file, 'utf8')).toBe('mine')
})
