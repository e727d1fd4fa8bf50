import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withLock } from '../../../main/native/lock.mjs'
import { temporaryFolder } from '../../temporary-folder.ts'

const newLock = (): string => join(temporaryFolder(), 'set-up.lock')

test('the second one waits until the first one is done, and says so', async () => {
  const file = newLock()
  const order: string[] = []
  const work = (name: string) => async () => {
    order.push(`${name} starts`)
    await new Promise((done) => setTimeout(done, 50))
    order.push(`${name} ends`)
  }
  await Promise.all([withLock(file, work('first')), withLock(file, work('second'), () => order.push('waiting'))])
  expect(order).toEqual(['first starts', 'waiting', 'first ends', 'second starts', 'second ends'])
  expect(existsSync(file)).toBe(false)
})

test('a lock of a process that is gone is taken over', async () => {
  const file = newLock()
  writeFileSync(file, String(spawnSync(process.execPath, ['-e', '']).pid))
  expect(await withLock(file, async () => 'done')).toBe('done')
})

test('the lock is given back when the work fails', async () => {
  const file = newLock()
  await expect(withLock(file, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(existsSync(file)).toBe(false)
})
