import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkFreeSpace, freeSpace } from '../../../../main/host/services/free-space.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { faultOf } from '../studio.ts'

test('a path that is not there yet has the free space of the nearest folder above it', async () => {
  const folder = temporaryFolder()
  const { bavail, bsize } = statfsSync(folder)
  const { folder: found, freeBytes } = await freeSpace(join(folder, 'exports', 'deep', 'model'))
  expect(found).toBe(folder)
  // Others write to this disk, too.
  expect(Math.abs((freeBytes ?? 0) - bavail * bsize)).toBeLessThan(2 ** 30)
})

test('a path that names no place has none', async () => {
  expect(await freeSpace('exports/model')).toEqual({ folder: 'exports/model', freeBytes: null })
})

test('what would not fit is refused with both figures and a cure', async () => {
  const folder = temporaryFolder()
  await checkFreeSpace(join(folder, 'out'), 1)
  const refused = await faultOf(() => checkFreeSpace(join(folder, 'out'), 1e18))
  expect(refused).toMatchObject({ code: 'disk', retryable: true })
  expect(refused.message).toMatch(/^.*out would take about 1000000 TB, but the disk of .* has [\d.]+ [MG]B free\.$/)
  expect(refused.hint).toContain('another disk')
})
