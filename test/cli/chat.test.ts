import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { SCRIPTED_ENGINE } from '../unit/host/studio.ts'
import { strip, watch } from './watch.ts'

const ENTRY = join(import.meta.dirname, 'command-line.ts')
const SOON = { interval: 10 }
/** Runs a command in a terminal of its own; part of every Linux. */
const SCRIPT = '/usr/bin/script'

/** A model folder of the scripted engine, and the command line talking to it over pipes. */
function talk(...args: string[]) {
  const folder = temporaryFolder()
  const model = join(folder, 'model')
  mkdirSync(model)
  writeFileSync(join(model, 'config.json'), '{}')
  const words = [...strip, ENTRY, join(folder, 'data'), SCRIPTED_ENGINE, 'chat', model, ...args]
  return { words, folder, start: () => watch(spawn(process.execPath, words, { cwd: folder })) }
}

test('one prompt is answered and told apart from what is about it', async () => {
  const { ended, out, err } = talk('--prompt', 'hello', '--temperature', '0.5').start()
  expect(await ended).toBe(0)
  expect(out()).toBe('base: hello [] t=0.5\n')
  expect(err()).toMatch(/^Loading the model …\n4 tokens in 0\.1 s \(40 tokens\/s\), end of the answer\n$/)
})

test('lines of a pipe are a conversation with memory', async () => {
  const { child, ended, out } = talk().start()
  child.stdin?.end('one\n\ntwo\n')
  expect(await ended).toBe(0)
  expect(out()).toBe('base: one [] t=0\nbase: two [one>base: one [] t=0] t=0\n')
})

test('with --no-memory each line stands alone', async () => {
  const { child, ended, out } = talk('--no-memory', '--json').start()
  child.stdin?.end('one\ntwo\n')
  expect(await ended).toBe(0)
  const records = out()
    .trim()
    .split('\n')
    .map((line): { prompt: string; stats: object } => JSON.parse(line))
  expect(records.map(({ prompt }) => prompt)).toEqual(['one', 'two'])
  expect(records[1]?.stats).toMatchObject({ reason: 'end' })
})

test('Ctrl+C stops the answer and keeps it; the conversation goes on', async () => {
  const { child, ended, out, err, type } = talk().start()
  type('slow\n')
  await expect.poll(out, SOON).toContain('word word')
  child.kill('SIGINT')
  await expect.poll(err, SOON).toContain('stopped')
  type('two\n')
  await expect.poll(out, SOON).toContain('base: two [slow>word word')
  child.stdin?.end()
  expect(await ended).toBe(0)
})

test('a second Ctrl+C leaves, also where the engine does not answer', async () => {
  const { child, ended, out, err, type } = talk().start()
  type('hang\n')
  await expect.poll(out, SOON).toContain('hanging')
  child.kill('SIGINT')
  await expect.poll(err, SOON).toContain('Ctrl+C once more leaves')
  child.kill('SIGINT')
  expect(await ended).toBe(0)
})

test('with --prompt a stopped answer ends with 130', async () => {
  const { child, ended, out } = talk('--prompt', 'slow').start()
  await expect.poll(out, SOON).toContain('word word')
  child.kill('SIGINT')
  expect(await ended).toBe(130)
})

test.each([
  [['--top-p', '0'], 2, 'top_p'],
  [['--prompt', 'fail'], 1, 'The prompt is too long.'],
  [['--prompt', 'die'], 1, 'SIGKILL'],
])('%j ends with %i and its reason', async (args, code, reason) => {
  const { ended, err } = talk(...args).start()
  expect([await ended, err()]).toEqual([code, expect.stringContaining(reason)])
})

describe.runIf(existsSync(SCRIPT))('in a terminal', () => {
  function inTerminal() {
    const { words, folder } = talk()
    const command = [process.execPath, ...words].map((word) => `'${word}'`).join(' ')
    return watch(spawn(SCRIPT, ['-qefc', command, '/dev/null'], { cwd: folder }))
  }
  const CTRL_C = '\u0003'

  test('the conversation has a prompt, forgets when told, and Ctrl+C stops an answer, then leaves', async () => {
    const { ended, out, type } = inTerminal()
    await expect.poll(out, SOON).toContain('> ')
    type('one\r')
    await expect.poll(out, SOON).toContain('base: one []')
    type('two\r')
    await expect.poll(out, SOON).toContain('base: two [one>')
    type('/clear\r')
    await expect.poll(out, SOON).toContain('Forgotten.')
    type('three\r')
    await expect.poll(out, SOON).toContain('base: three []')
    type('fail\r')
    await expect.poll(out, SOON).toContain('The prompt is too long.')
    type('slow\r')
    await expect.poll(out, SOON).toContain('word word')
    type(CTRL_C)
    await expect.poll(out, SOON).toContain('stopped')
    type('four\r')
    await expect.poll(out, SOON).toContain('base: four [')
    type(CTRL_C)
    expect(await ended).toBe(0)
  })

  test('/exit and the end of the input leave', async () => {
    for (const bye of ['/exit\r', '\u0004']) {
      const { ended, out, type } = inTerminal()
      await expect.poll(out, SOON).toContain('> ')
      type(bye)
      expect(await ended).toBe(0)
    }
  })
})
