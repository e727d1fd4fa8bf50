import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hashSources, whenChanged } from '../../../main/setup/sources.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

test('the hash follows names and contents, and nothing else', () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'deep'))
  writeFileSync(join(folder, 'deep/a.ts'), 'one')
  const first = hashSources([folder])
  writeFileSync(join(folder, 'deep/a.ts'), 'one')
  expect(hashSources([folder])).toBe(first)
  writeFileSync(join(folder, 'deep/a.ts'), 'two')
  const second = hashSources([folder])
  expect(second).not.toBe(first)
  writeFileSync(join(folder, 'b.ts'), '')
  expect(hashSources([folder])).not.toBe(second)
})

test('work is done once for a hash, again for another one, and again after it broke', async () => {
  const stamp = join(temporaryFolder(), 'stamps', 'x')
  const done: string[] = []
  const work = (name: string) => async () => void done.push(name)
  await whenChanged(stamp, '1', work('first'))
  await whenChanged(stamp, '1', work('unneeded'))
  await expect(whenChanged(stamp, '2', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  await whenChanged(stamp, '1', work('after the break'))
  expect(done).toEqual(['first', 'after the break'])
})
