import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openRaw } from '../../../../main/host/store/database.ts'
import { recoverDatabase } from '../../../../main/host/store/recover.ts'
import { openStore } from '../../../../main/host/store/store.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { makeConfig } from '../studio.ts'
import { forkStore, studioOn } from './store-process.ts'

const otherProcess = forkStore()

function setUp() {
  const folder = temporaryFolder()
  const file = join(folder, 'studio.sqlite')
  const store = openStore(file)
  const config = makeConfig(folder)
  const add = (id: string) =>
    store.runs.insert({ id, config, versions: {}, createdAt: 1, owner: { pid: 1, start: '' } })
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  onTestFinished(() => said.mockRestore())
  return { file, store, add, said, config }
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
  const { file, store, add, config } = setUp()
  add('r')
  const other = studioOn(otherProcess, file, config)
  expect(await other.check()).toEqual({ found: [] })
  rmSync(`${file}-wal`)
  const look = other.check()
  // As a studio that is at work does.
  const watch = setInterval(() => store.keepFiles(), 1_000)
  expect(await look).toEqual({ found: [] })
  clearInterval(watch)
  expect(store.runs.list()).toHaveLength(1)
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
