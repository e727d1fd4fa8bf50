import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { formatRunConfig } from '../../main/host/services/config-text.ts'
import { makeConfig } from '../unit/host/studio.ts'
import { setUp } from './scripted.ts'

test('train, list, show and export a run', async () => {
  const { file, folder, run } = setUp({ steps: 8, checkpointEvery: 4 })
  const trained = await run('train', file)
  expect(trained).toMatchObject({ code: 0, err: '' })
  expect(trained.out).toMatch(
    /Run \S+ finished at step 8 of 8 after 0:0\d\.\nValidation loss 0\.5\.\nTest accuracy 75\.0%\./,
  )
  const id = /Run (\S+) finished/.exec(trained.out)?.[1] ?? ''
  expect((await run('runs')).out).toMatch(new RegExp(`${id}  test  finished  dora    8/8`))
  expect((await run('show', 'last')).out).toContain(`Checkpoint  step 8`)
  const exported = await run('export', id.slice(0, 17), '--merged', 'out')
  expect(exported.code).toBe(0)
  expect(exported.out).toContain('logits differ by at most 0.000001 (bound 0.0012); largest logit 12, same next token')
  const rounded = await run('export', 'last', '--merged', 'short', '--dtype', 'bfloat16')
  expect(rounded.out).toContain(
    'by at most 0.000001 (bound 0.0012), rounded to bfloat16 as written by 0.05 (bound 0.375)',
  )
  const gguf = await run('export', 'last', '--gguf', 'llama', '--dtype', 'q8_0')
  expect(gguf).toMatchObject({ code: 0, err: '' })
  expect(gguf.out).toContain('rounded to q8_0 as written by 0.05 (bound 1.5)')
  expect(gguf.out).toContain('Note: Look at the Modelfile.')
  expect(existsSync(join(folder, 'out', 'model.safetensors'))).toBe(true)
})

test('several methods are a run each, followed one after another and told side by side', async () => {
  const { file, run } = setUp({ steps: 4 })
  const trained = await run('train', file, '--method', 'lora,dora')
  expect(trained).toMatchObject({ code: 0, err: '' })
  expect(trained.out).toMatch(/Run \S+ \(test \(LoRA\)\)[\s\S]*finished[\s\S]*Run \S+ \(test \(DoRA\)\)[\s\S]*finished/)
  expect(trained.out.split('\n').filter((line) => /test \((LoRA|DoRA)\) {2}finished/.test(line))).toHaveLength(2)
  expect((await run('train', file, '--method', 'lora', '--set', 'run_name=one')).code).toBe(0)
  expect((await run('show', 'last')).out).toContain('Method      lora')
  expect(await run('train', file, '--method', 'lora,lore')).toMatchObject({
    code: 2,
    err: expect.stringContaining('Wanted one to 6 of dora, lora'),
  })
  const refused = await run('train', file, '--method', 'lora,dora', '--resume', 'last')
  expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('Leave out --method, or --resume.') })
})

test.each([
  ['prefix', 'Export it with: dora-studio export ID --adapter FOLDER', 'Method      prefix, num_virtual_tokens 30'],
  ['series', 'Ask it with: dora-studio chat ID', 'Method      series, bottleneck_size 256'],
  ['full', 'Export it with: dora-studio export ID --merged FOLDER', 'Method      full\n'],
] as const)('a run of %s ends with what can be done with it', async (method, next, shown) => {
  const { file, run } = setUp({ steps: 2 }, { method })
  const { out } = await run('train', file)
  expect(out.replaceAll(/\d{8}-\d{6}-\w+/g, 'ID')).toContain(next)
  expect((await run('show', 'last')).out).toContain(shown)
})

test('what a run would take is told before it is trained, and what would make it fit', async () => {
  const { file, run } = setUp({ steps: 4 })
  const roomy = await run('estimate', file)
  expect(roomy).toMatchObject({ code: 0, err: '' })
  expect(roomy.out).toMatch(/Steps +4\nMemory +5 B of 10 B\nTime +about 0:\d\d/)
  expect(roomy.out).not.toContain('make it fit')
  const tight = await run('estimate', file, '--memory-limit', '4')
  expect(tight.code).toBe(1)
  expect(tight.out).toContain('To make it fit into 4 B (it needs 5 B):')
  expect(tight.out).toMatch(
    /Batch size 4, accumulation 2 +4 B +fits +about 0:\d\d +--set per_device_train_batch_size=4 --set gradient_accumulation_steps=2/,
  )
  const [line = ''] = (await run('estimate', file, '--memory-limit', '4', '--json')).out.split('\n')
  expect(JSON.parse(line)).toMatchObject({ plan: { steps: 4 }, fit: { limit: 4, alone: [{ fits: true }] } })
  const wrong = await run('estimate', file, '--memory-limit', 'much')
  expect(wrong).toMatchObject({ code: 2 })
  expect(wrong.err).toContain('Wanted a size such as 8GB or 600MB.')
  expect((await run('limit')).out).toContain('No limit')
  expect((await run('limit', '4')).out).toContain('A run may take 4 B.')
  expect((await run('estimate', file)).out).toContain('To make it fit into 4 B')
  expect((await run('limit', 'none')).out).toContain('No limit')
  expect((await run('limit', 'much')).code).toBe(2)
  const twins = await run('estimate', file, '--method', 'dora,vera', '--memory-limit', '6')
  expect(twins.code).toBe(1)
  expect(twins.out).toMatch(/DoRA +[\d,]+ +5 B +about 0:\d\d\nVeRA +[\d,]+ +7 B, too large +about 0:\d\d\n/)
  expect(twins.out).toMatch(/One after another: about 0:\d\d in all/)
  expect((await run('estimate', file, '--method', 'dora,vera')).code).toBe(0)
  expect((await run('runs')).out).toContain('No runs yet')
})

test('methods that are not possible are told why, each, and no memory of nothing', async () => {
  const { file, run } = setUp({ impossible: true })
  const { code, out } = await run('estimate', file, '--method', 'dora,vera')
  expect(code).toBe(1)
  expect(out).toMatch(/^Method +Trained +Memory +Time\n/)
  expect(out).toContain('DoRA: dora: no.\nTake another.')
  expect(out).toContain('VeRA: vera: no.\nTake another.')
})

test('merge an adapter from elsewhere', async () => {
  const { folder, run } = setUp()
  const adapter = join(folder, 'adapter')
  mkdirSync(adapter)
  writeFileSync(join(adapter, 'adapter_config.json'), '{}')
  const merged = await run('merge', '--base', join(folder, 'model'), '--adapter', adapter, '--output', 'whole')
  expect(merged).toMatchObject({ code: 0, err: '' })
  expect(merged.out).toMatch(/Starting the engine\nReading the adapter\nWritten to .*whole:\n/)
  expect(merged.out).toContain('Checked on 8 prompts (512 tokens)')
  const again = await run('merge', '--base', join(folder, 'model'), '--adapter', adapter, '--output', 'whole')
  expect(again.code).not.toBe(0)
  expect(again.err).toContain('is not empty')
})

test('with --json standard output holds one object a line and nothing else', async () => {
  const { file, run } = setUp()
  const { out, code } = await run('train', file, '--json')
  const lines = out
    .trim()
    .split('\n')
    .map((line): { event: string; payload: { status?: string } } => JSON.parse(line))
  expect(code).toBe(0)
  expect(lines.map(({ event }) => event)).toContain('metrics.appended')
  expect(lines.at(-1)).toMatchObject({ event: 'run.updated', payload: { status: 'finished', testAccuracy: 0.75 } })
  expect(JSON.parse((await run('runs', '--json')).out)).toMatchObject({ status: 'finished' })
  expect(JSON.parse((await run('show', 'last', '--json')).out)).toMatchObject({ config: { run_name: 'test' } })
})

test('a failed run ends with 1 and its text, never a stack', async () => {
  const { file, run } = setUp({ end: 'fail' })
  const { code, err } = await run('train', file)
  expect(code).toBe(1)
  expect(err).toBe('Error: train_loss is NaN at step 3.\n  - a\n  - b\nWhat to do: Lower learning_rate.\n')
})

test('a wrong run file ends with 2, names every field and leaves no run', async () => {
  const { file, run } = setUp()
  const { code, err } = await run('train', file, '--set', 'r=0', '--set', 'colour=red')
  expect(code).toBe(2)
  expect(err).toContain('r: got 0, wanted at least 1.')
  expect(err).toContain('colour: unknown field')
  expect((await run('runs')).out).toContain('No runs yet')
})

test('settings replace those of the file; paths count from the working folder', async () => {
  const { file, folder, run } = setUp()
  writeFileSync(join(folder, 'v.jsonl'), '{}\n')
  const set = [
    '--set',
    'learning_rate=1e-3',
    '--set',
    'validation_file=v.jsonl',
    '--set',
    'target_modules=[q_proj]',
    '--set',
    'run_name=other',
  ]
  expect((await run('train', file, ...set)).code).toBe(0)
  const { config } = JSON.parse((await run('show', 'other', '--json')).out)
  expect(config).toMatchObject({ learning_rate: 1e-3, target_modules: ['q_proj'], run_name: 'other' })
  expect(config.validation_file).toBe(join(folder, 'v.jsonl'))
})

test.each([
  [['train'], 'Give a run file, or an earlier run with --from RUN'],
  [['explode'], 'unknown command'],
  [['serve', '--port', 'many'], 'whole number from 0'],
  [['train', 'nothing.yaml'], 'does not exist'],
  [['export', 'x'], 'Give one of --merged FOLDER, --adapter FOLDER and --gguf FOLDER.'],
  [['export', 'x', '--merged', 'y', '--gguf', 'z'], 'Give one of --merged FOLDER, --adapter FOLDER and --gguf FOLDER.'],
  [['export', 'x', '--merged', 'y', '--dtype', 'q8_0'], '--dtype q8_0 is for --gguf.'],
  [['export', 'x', '--adapter', 'y', '--dtype', 'float16'], '--dtype is for --merged'],
])('wrong use %j ends with 2', async (args, text) => {
  const { code, err } = await setUp().run(...args)
  expect([code, err]).toEqual([2, expect.stringContaining(text)])
})

test('a run that is not there ends with 1, also as JSON', async () => {
  const { run } = setUp()
  expect(await run('show', 'nobody')).toMatchObject({
    code: 1,
    err: expect.stringContaining('There is no run nobody.'),
  })
  expect(JSON.parse((await run('show', 'nobody', '--json')).out)).toMatchObject({ error: { code: 'not-found' } })
})

test('Ctrl+C stops with a checkpoint and ends with 130; the run can be resumed, with its file too', async () => {
  const { file, run, start } = setUp({ steps: 200, delayMs: 5 })
  const { child, result, out } = start('train', file, '--json')
  await expect.poll(out).toContain('metrics.appended')
  child.kill('SIGINT')
  expect(await result).toMatchObject({ code: 130, err: expect.stringContaining('Stopping after this step') })
  const [stopped] = [JSON.parse((await run('show', 'last', '--json')).out)]
  expect(stopped).toMatchObject({ status: 'stopped', resumable: true })
  expect(stopped.checkpoints).toHaveLength(1)
  const other = await run('train', file, '--resume', 'last', '--set', 'seed=7')
  expect(other).toMatchObject({ code: 2, err: expect.stringContaining('seed: run has 42, file has 7') })
  const resumed = await run('train', file, '--resume', 'last')
  expect(resumed).toMatchObject({ code: 0, out: expect.stringContaining('finished at step 200 of 200') })
})

test('a second Ctrl+C ends an engine that does not answer', async () => {
  const { file, start } = setUp({ steps: 3, end: 'hang', ignoreStop: true })
  const { child, result, out } = start('train', file, '--json')
  await expect.poll(out).toContain('metrics.appended')
  child.kill('SIGINT')
  await expect.poll(out).toContain('"stopping"')
  child.kill('SIGINT')
  expect(await result).toMatchObject({ code: 130, out: expect.stringContaining('"stopped"') })
})

test('a run behind another one says that it waits, and has its turn', async () => {
  const { file, folder, start } = setUp({ steps: 100_000, delayMs: 5 })
  const short = join(folder, 'short.yaml')
  writeFileSync(short, formatRunConfig(makeConfig(folder)))
  const first = start('train', file, '--json')
  await expect.poll(first.out).toContain('metrics.appended')
  const second = start('train', short)
  await expect.poll(second.out).toContain('Waiting: another run is at work')
  first.child.kill('SIGINT')
  expect((await first.result).code).toBe(130)
  expect(await second.result).toMatchObject({ code: 0, out: expect.stringContaining('finished at step 5 of 5') })
})

test('resume goes on from the last checkpoint', async () => {
  const { file, run } = setUp({ steps: 7, checkpointEvery: 5, end: 'exit' })
  expect((await run('train', file)).code).toBe(1)
  const { out, code } = await run('resume', 'last')
  expect(out).toContain('goes on from step 5')
  expect(code).toBe(1)
})

test('serve prints an address that answers, until it is asked to end', async () => {
  const { start } = setUp()
  const { child, result, out } = start('serve', '--port', '0', '--json')
  await expect.poll(out).toContain('\n')
  const { url } = JSON.parse(out())
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/)
  expect((await fetch(url)).headers.get('content-security-policy')).toContain("default-src 'none'")
  child.kill('SIGTERM')
  expect((await result).code).toBe(0)
})
