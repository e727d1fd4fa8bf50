import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cacheFolder, dataFolder } from '../../../main/native/paths.ts'

test('a folder named in the environment wins on every system', () => {
  for (const platform of ['linux', 'darwin', 'win32']) {
    expect(dataFolder({ DORA_STUDIO_HOME: '/d' }, platform)).toBe('/d')
    expect(cacheFolder({ DORA_STUDIO_CACHE: '/c' }, platform)).toBe('/c')
  }
})

test('each system has its own places', () => {
  expect(dataFolder({ XDG_DATA_HOME: '/x' }, 'linux')).toBe(join('/x', 'dora-studio'))
  expect(dataFolder({}, 'linux')).toMatch(/\.local.share.dora-studio$/)
  expect(dataFolder({}, 'darwin')).toMatch(/Library.Application Support.DoRA Studio$/)
  expect(dataFolder({ APPDATA: 'roaming' }, 'win32')).toBe(join('roaming', 'DoRA Studio'))
  expect(cacheFolder({ XDG_CACHE_HOME: '/x' }, 'linux')).toBe(join('/x', 'dora-studio'))
  expect(cacheFolder({ LOCALAPPDATA: 'local' }, 'win32')).toBe(join('local', 'dora-studio', 'Cache'))
})
