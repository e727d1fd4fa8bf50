import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
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
