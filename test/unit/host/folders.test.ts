import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dataFolder, entryFile, packageFolder, studioVersion } from '../../../main/host/folders.ts'

test('DORA_STUDIO_HOME decides where runs live', () => {
  expect(dataFolder({ DORA_STUDIO_HOME: '/somewhere', XDG_DATA_HOME: '/x' }, 'linux')).toBe('/somewhere')
})

test('each platform has its place for application data', () => {
  expect(dataFolder({ HOME: '/h' }, 'linux')).toBe(join('/h', '.local', 'share', 'dora-studio'))
  expect(dataFolder({ HOME: '/h', XDG_DATA_HOME: '/x' }, 'linux')).toBe(join('/x', 'dora-studio'))
  expect(dataFolder({ HOME: '/h' }, 'darwin')).toBe(join('/h', 'Library', 'Application Support', 'DoRA Studio'))
  expect(dataFolder({ APPDATA: '/a' }, 'win32')).toBe(join('/a', 'DoRA Studio'))
})

test('the package folder is found from the source', () => {
  expect(existsSync(join(packageFolder(), 'package.json'))).toBe(true)
  expect(entryFile('engine')).toBe(join(packageFolder(), 'dist', 'engine.mjs'))
  expect(studioVersion()).toMatch(/^\d+\.\d+\.\d+/)
})

test('a folder outside the studio is refused', () => {
  expect(() => packageFolder('/')).toThrow(/incomplete installation/)
})
