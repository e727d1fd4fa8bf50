import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkRunnable } from '../../../../main/host/services/preflight.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { faultOf, makeConfig } from '../studio.ts'

test('a model folder and a data file that are there pass', async () => {
  await expect(checkRunnable(makeConfig(temporaryFolder()))).resolves.toBeUndefined()
})

test('every missing thing is named in one fault', async () => {
  const folder = temporaryFolder()
  const config = makeConfig(folder, {}, { validation_file: join(folder, 'no.jsonl'), test_file: folder })
  rmSync(join(folder, 'model', 'model.safetensors'))
  rmSync(join(folder, 'model', 'tokenizer.json'))
  writeFileSync(config.train_file, '')
  const { code, details } = await faultOf(() => checkRunnable(config))
  expect(code).toBe('bad-config')
  expect(details).toEqual([
    expect.stringContaining('has no tokenizer.json'),
    expect.stringContaining('has no .safetensors file'),
    `train_file: ${config.train_file} is empty.`,
    `validation_file: ${config.validation_file} does not exist.`,
    `test_file: ${folder} is a folder; wanted a data file.`,
  ])
})

test.each([
  ['org/model', 'npm run cli -- download org/model'],
  ['model', 'is not an absolute path'],
  ['/nowhere/model', 'does not exist'],
])('model path %s is refused: %s', async (path, text) => {
  const config = makeConfig(temporaryFolder(), {}, { model_name_or_path: path })
  expect((await faultOf(() => checkRunnable(config))).details[0]).toContain(text)
})

test('a model of the hub is asked for at its revision, and a folder has none', async () => {
  const config = makeConfig(temporaryFolder(), {}, { model_revision: 'v1' })
  expect((await faultOf(() => checkRunnable(config))).details).toEqual([
    `model_revision: v1 is of a model on the hub, but ${config.model_name_or_path} is a folder. Leave it out.`,
  ])
  const named = { ...config, model_name_or_path: 'org/model' }
  expect((await faultOf(() => checkRunnable(named))).details).toEqual([
    expect.stringContaining('npm run cli -- download org/model --revision v1'),
  ])
})

test('a file in place of the model folder is told', async () => {
  const config = makeConfig(temporaryFolder())
  const { details } = await faultOf(() => checkRunnable({ ...config, model_name_or_path: config.train_file }))
  expect(details[0]).toContain('is a file; wanted the folder')
})
