import { chmodSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keptToken } from '../../../../main/host/front/kept-token.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'

const fileIn = (folder: string) => join(folder, 'browser-token')

test('a data folder keeps its token over restarts, for its owner alone', () => {
  const folder = temporaryFolder()
  const token = keptToken(folder)
  expect(token).toMatch(/^[\w-]{43}$/)
  expect(keptToken(folder)).toBe(token)
  expect(statSync(fileIn(folder)).mode & 0o077).toBe(0)
  expect(keptToken(temporaryFolder())).not.toBe(token)
})

test('a token that others could have read, that is old, or that is no token is replaced', () => {
  const spoil: ((file: string) => void)[] = [
    (file) => chmodSync(file, 0o644),
    (file) => utimesSync(file, 1, 1),
    (file) => writeFileSync(file, 'short'),
  ]
  for (const change of spoil) {
    const folder = temporaryFolder()
    const token = keptToken(folder)
    change(fileIn(folder))
    expect(keptToken(folder)).not.toBe(token)
    expect(readFileSync(fileIn(folder), 'utf8')).toMatch(/^[\w-]{43}$/)
  }
})

test('where nothing can be written the studio still gets a token', () => {
  expect(keptToken('/no/such/folder')).toMatch(/^[\w-]{43}$/)
})
