import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setUp } from './scripted.ts'

test('a run and its base are asked the same examples, and how sure the difference is', async () => {
  const { file, folder, run } = setUp({ steps: 2 })
  await run('train', file, '--set', `validation_file=${join(folder, 'train.jsonl')}`)
  const untested = await run('evaluate', 'last')
  expect(untested.code).toBe(1)
  expect(untested.err).toContain('The run has no test_file')
  const told = await run('evaluate', 'last', '--split', 'validation')
  expect(told).toMatchObject({ code: 0, err: '' })
  expect(told.out).toMatch(/Loss +2\.25 +1\.383 +-0\.8667 \(95 %: -1\.313 to -0\.4201\) +p = 0\.004\n/)
  expect(told.out).toMatch(/Accuracy +0\.0% +83\.3% +83\.3% .* p = 0\.063, may be chance/)
  expect(told.out).toContain('On 6 examples of ')
  const same = await run('evaluate', 'last', '--against', 'last', '--split', 'validation')
  expect(same.out).toContain('p = 1.000, may be chance')
})

test('a paired evaluation is bounded by the user and cancelled by Ctrl+C', async () => {
  const { file, folder, run, start } = setUp({ steps: 2, askMs: 150 })
  await run('train', file, '--set', `validation_file=${join(folder, 'train.jsonl')}`)
  const wrong = await run('evaluate', 'last', '--examples', '4')
  expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('Wanted a whole number from 5 to 10000.') })
  const { child, result, out } = start('evaluate', 'last', '--split', 'validation')
  await expect.poll(out).toContain('Asking both')
  child.kill('SIGINT')
  expect(await result).toMatchObject({
    code: 130,
    err: expect.stringMatching(/^Cancelled after \d+ of \d+ answers\.\n$/),
  })
})

test.runIf(existsSync('/usr/bin/script'))(
  'its line is on standard error alone, also where the output is a file',
  async () => {
    const { file, folder, run, inTerminal } = setUp({ steps: 2, askMs: 150 })
    await run('train', file, '--set', `validation_file=${join(folder, 'train.jsonl')}`)
    const { out: drawn } = await inTerminal('evaluate', 'last', '--split', 'validation')
    expect(drawn).toMatch(/ \d\/12 {2}Asking Base of test, about 0:0\d left/)
    expect(drawn).toMatch(/ \d+\/12 {2}Asking test/)
    expect(drawn).not.toContain('Accuracy')
    expect(readFileSync(join(folder, 'told.txt'), 'utf8')).toMatch(
      /^Asking both the same examples…\n[^█]+\nOn 6 examples of /,
    )
  },
)

test('how much of its rank an adapter uses, and what to choose next', async () => {
  const { file, run } = setUp({ steps: 2 }, { method: 'dora' })
  await run('train', file)
  const told = await run('rank', 'last')
  expect(told).toMatchObject({ code: 0, err: '' })
  expect(told.out).toMatch(/Module +Effective rank +90 % +99 % +of +Moved\n\S*checkpoint-\d+ +2 +2 +3 +16 +10/)
  expect(told.out).toContain('Try r = 4 with lora_alpha = 8')
  const [, command = ''] =
    /Train it with: dora-studio (train --from \S+ --set r=4 --set lora_alpha=8)\n/.exec(told.out) ?? []
  expect(await run(...command.split(' '))).toMatchObject({
    code: 0,
    out: expect.stringContaining('(test (again)), dora'),
  })
  const { config } = JSON.parse((await run('show', 'last', '--json')).out)
  const first = JSON.parse((await run('show', command.split(' ')[2] as string, '--json')).out).config
  expect(config).toEqual({ ...first, r: 4, lora_alpha: 8, run_name: 'test (again)' })
  expect((await run('rank', 'last')).out).not.toContain('Train it with')
  const both = await run('train', file, '--from', 'last')
  expect(both).toMatchObject({ code: 2, err: expect.stringContaining('one of the two') })
  expect((await run('train')).err).toContain('Give a run file, or an earlier run with --from RUN')
  expect((await run('train', '--from', 'last', '--set', 'r=0')).err).toContain('r')
  const other = setUp({ steps: 2 }, { method: 'full' })
  await other.run('train', other.file)
  expect((await other.run('rank', 'last')).err).toContain('has no rank of its own to be judged')
})
