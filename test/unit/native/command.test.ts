import { expect, test } from 'vitest'
import { reasonOf, runCommand } from '../../../main/native/command.ts'

test('exit code and output of a program come back', async () => {
  const result = await runCommand(process.execPath, ['-e', 'console.log("out"); console.error("err"); process.exit(3)'])
  expect(result.code).toBe(3)
  expect(result.output.split('\n').sort().join(' ').trim()).toBe('err out')
})

test('a program that does not exist answers at once with code 127', async () => {
  const started = performance.now()
  const result = await runCommand('dora-studio-has-no-such-program', [], { timeoutMs: 60_000 })
  expect(result.code).toBe(127)
  expect(performance.now() - started).toBeLessThan(5000)
})

test('a program that takes too long is ended and says so', async () => {
  const result = await runCommand(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { timeoutMs: 200 })
  expect(result.code).not.toBe(0)
  expect(result.output).toContain('ended by SIGTERM')
})

test('the reason is the line with the error, else the last line', () => {
  const of = (output: string): string => reasonOf({ code: 1, output })
  expect(of('warming up\na.cc:3: error: no member\n2 warnings')).toBe('a.cc:3: error: no member')
  expect(of('one\ntwo\n')).toBe('two')
  expect(of('')).toBe('exit code 1')
})
