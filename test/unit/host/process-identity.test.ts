import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { isAlive, ownIdentity } from '../../../main/host/process-identity.ts'

test('this process is alive', () => {
  expect(isAlive(ownIdentity())).toBe(true)
  expect(ownIdentity().start).not.toBe('')
})

test('another process with the same number is not taken for it', () => {
  expect(isAlive({ pid: process.pid, start: 'another boot:1' })).toBe(false)
})

test('a process that has ended is not alive', async () => {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  expect(isAlive({ pid: child.pid ?? 0, start: '' })).toBe(false)
})
