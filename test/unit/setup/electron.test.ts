import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { electronAbsence, electronBinary } from '../../../main/setup/electron.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const screen = { DISPLAY: ':0' }

function checkout(): string {
  const root = temporaryFolder()
  mkdirSync(join(root, 'node_modules/electron/dist'), { recursive: true })
  return root
}

test('the package has a binary once its own install script has put one there', () => {
  const root = checkout()
  expect(electronBinary(root, screen)).toBeNull()
  writeFileSync(join(root, 'node_modules/electron/path.txt'), 'electron\n')
  expect(electronBinary(root, screen)).toBeNull()
  const binary = join(root, 'node_modules/electron/dist/electron')
  writeFileSync(binary, '')
  expect(electronBinary(root, screen)).toBe(binary)
})

test('DORA_ELECTRON goes before it, and a wrong one is none', () => {
  const root = checkout()
  expect(electronBinary(root, { ...screen, DORA_ELECTRON: root })).toBe(root)
  expect(electronBinary(root, { ...screen, DORA_ELECTRON: join(root, 'nowhere') })).toBeNull()
})

test('the line that says why there is no window names the reason of the last try', () => {
  const root = checkout()
  expect(electronAbsence(root, screen)).toBe("Electron's binary could not be had")
  writeFileSync(join(root, 'node_modules/electron/fetch-failed.txt'), 'no network\n')
  expect(electronAbsence(root, screen)).toBe("Electron's binary could not be had: no network")
  if (process.platform === 'linux') expect(electronAbsence(root, {})).toBe('there is no screen here')
})
