import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { sharedFolder } from '../temporary-folder.ts'
import { asUser, canMount, onSmallDisk } from './machine/place.ts'
import { JARGON, prepareStudios, type RealStudio, type Result } from './real-studio.ts'

const place = sharedFolder()
let studios: Awaited<ReturnType<typeof prepareStudios>>
beforeAll(async () => {
  studios = await prepareStudios(place)
})

const FULL_DISK = pathToFileURL(join(import.meta.dirname, 'full-disk.mjs')).href
const fullAt = (part: string) => ({ env: { NODE_OPTIONS: `--import=${FULL_DISK}`, DORA_TEST_FULL: part } })

function expectRefusal({ code, err }: Result, ...parts: string[]): void {
  for (const part of ['Error: ', 'What to do: ', ...parts]) expect(err).toContain(part)
  expect(err).not.toMatch(JARGON)
  expect(code).toBe(1)
}

async function trained(fields: Parameters<RealStudio['runFile']>[0] = {}): Promise<RealStudio> {
  const studio = studios.open()
  const { code, err } = await studio.run(['train', studio.runFile(fields)])
  expect([code, err]).toEqual([0, ''])
  return studio
}

test('a disk that is full while a checkpoint is written fails the run; it goes on once there is space', async () => {
  const studio = studios.open()
  const result = await studio.run(['train', studio.runFile()], fullAt('checkpoint-4.partial'))
  const failed = await studio.show()
  expectRefusal(
    result,
    `${join(failed.folder, 'checkpoint-4')}/adapter_model.safetensors: the disk is full.`,
    'Free some space',
  )
  expect(failed).toMatchObject({ status: 'failed', step: 4, resumable: true, error: { code: 'disk', retryable: true } })
  expect(readdirSync(failed.folder).sort()).toEqual(['checkpoint-2', 'engine.log', 'run.yaml'])
  expect(failed.checkpoints.map(({ step }) => step)).toEqual([2])

  expect(await studio.run(['resume', 'last'])).toMatchObject({ code: 0, err: '' })
  expect(await studio.show()).toMatchObject({ status: 'finished', step: 6, error: null })
})

test('a disk that is full at the second file of the first checkpoint leaves nothing; once there is space, the run starts over', async () => {
  const studio = studios.open()
  const result = await studio.run(['train', studio.runFile()], fullAt('optimizer.safetensors'))
  expectRefusal(result, 'checkpoint-2/optimizer.safetensors: the disk is full.')
  const failed = await studio.show()
  expect(readdirSync(failed.folder).sort()).toEqual(['engine.log', 'run.yaml'])
  expect(failed).toMatchObject({ status: 'failed', resumable: true })
  expect(await studio.run(['resume', 'last'])).toMatchObject({ code: 0, err: '' })
  expect(await studio.show()).toMatchObject({ status: 'finished', step: 6, error: null })
})

test('a disk that is full during an export leaves no folder', async () => {
  const studio = await trained()
  const before = readdirSync(studio.folder)
  const result = await studio.run(['export', 'last', '--merged', 'out'], fullAt('.out.partial'))
  expectRefusal(result, `${join(studio.folder, 'out', 'model.safetensors')}: the disk is full.`, 'Free some space')
  expect(readdirSync(studio.folder)).toEqual(before)
  expect((await studio.run(['export', 'last', '--merged', 'out'])).code).toBe(0)
})

test('an export writes into no folder that holds something, no file and nothing that is forbidden', async () => {
  const studio = await trained()
  const at = (...names: string[]) => join(studio.folder, ...names)
  const exported = (kind: string, folder: string, wrap: readonly string[] = []) =>
    studio.run(['export', 'last', `--${kind}`, folder], { wrap })
  mkdirSync(at('full'))
  writeFileSync(at('full', 'mine'), 'keep')
  expectRefusal(await exported('merged', 'full'), `${at('full')} is not empty`, 'Choose a new folder')
  expect([readdirSync(at('full')), readFileSync(at('full', 'mine'), 'utf8')]).toEqual([['mine'], 'keep'])
  expectRefusal(await exported('adapter', 'run.yaml'), `${at('run.yaml')} is a file`, 'Choose another name')
  expectRefusal(await exported('adapter', 'run.yaml/deeper'), `${at('run.yaml')}: a file of this name is in the way`)
  mkdirSync(at('locked'))
  chmodSync(at('locked'), 0o555)
  for (const kind of ['merged', 'adapter']) {
    expectRefusal(await exported(kind, 'locked/out', asUser), `${at('locked', 'out')}: permission denied`, 'access')
  }
  expect(readdirSync(at('locked'))).toEqual([])
})

test('an export of a damaged checkpoint, of a base model that is gone, and of nothing is refused', async () => {
  const studio = await trained()
  const { folder } = await studio.show()
  const adapter = join(folder, 'checkpoint-6', 'adapter_model.safetensors')
  truncateSync(adapter, readFileSync(adapter).length - 1)
  for (const kind of ['merged', 'adapter']) {
    const refused = await studio.run(['export', 'last', `--${kind}`, 'out'])
    expectRefusal(
      refused,
      `${adapter}: the file has`,
      'it is truncated',
      `Delete the folder ${join(folder, 'checkpoint-6')}`,
    )
  }
  // As the text says.
  rmSync(join(folder, 'checkpoint-6'), { recursive: true })
  expect((await studio.run(['export', 'last', '--adapter', 'out'])).code).toBe(0)
  rmSync(join(studio.model, 'model.safetensors'))
  expectRefusal(
    await studio.run(['export', 'last', '--merged', 'out2']),
    studio.model,
    'found neither model.safetensors',
  )
  expect(existsSync(join(studio.folder, 'out2'))).toBe(false)
  expectRefusal(await studio.run(['export', 'nobody', '--merged', 'out2']), 'There is no run nobody')
})

test('an export of a run that failed before its first checkpoint is refused', async () => {
  const studio = studios.open()
  writeFileSync(studio.train, 'nonsense\n')
  await studio.run(['train', studio.runFile()])
  expectRefusal(await studio.run(['export', 'last', '--merged', 'out']), 'has no checkpoint yet', 'save_steps')
})

test('the adapter of a run that trains the whole model is refused, its merged model is not', async () => {
  const studio = await trained({ method: 'full', backend: 'tensorflow' })
  expectRefusal(await studio.run(['export', 'last', '--adapter', 'out']), 'Full fine-tuning trains no adapter')
  expect((await studio.run(['export', 'last', '--merged', 'out'])).code).toBe(0)
})

test('a run does not go on from a damaged checkpoint, nor on data that changed', async () => {
  const studio = studios.open()
  await studio.run(['train', studio.runFile()], fullAt('checkpoint-6.partial'))
  const { folder } = await studio.show()
  const last = join(folder, 'checkpoint-4')
  const state = readFileSync(join(last, 'trainer_state.json'), 'utf8')
  writeFileSync(join(last, 'trainer_state.json'), state.slice(0, 30))
  expectRefusal(
    await studio.run(['resume', 'last']),
    `${join(last, 'trainer_state.json')}: not valid JSON`,
    `Delete the folder ${last}`,
  )
  writeFileSync(join(last, 'trainer_state.json'), state)
  const rows = readFileSync(studio.train, 'utf8')
  writeFileSync(studio.train, `${rows}{"instruction":"a","output":"b"}\n`)
  expectRefusal(await studio.run(['resume', 'last']), 'the data changed since this checkpoint', 'Restore the files')
  writeFileSync(studio.train, rows)
  expect(await studio.run(['resume', 'last'])).toMatchObject({ code: 0, err: '' })
})

test('a data folder that cannot be used and a damaged history are told, and the history is not touched', async () => {
  const studio = studios.open()
  const [file, locked] = [join(studio.folder, 'file'), join(studio.folder, 'locked')]
  writeFileSync(file, '')
  mkdirSync(locked)
  chmodSync(locked, 0o555)
  const runs = (home: string, wrap: readonly string[] = []) =>
    studio.run(['runs'], { env: { DORA_STUDIO_HOME: home }, wrap })
  expectRefusal(await runs(file), `The data folder ${file} cannot be made`, 'Set DORA_STUDIO_HOME')
  expectRefusal(await runs(locked, asUser), `The data folder ${locked} cannot be made`, 'Set DORA_STUDIO_HOME')
  const database = join(studio.home, 'studio.sqlite')
  writeFileSync(database, 'no database '.repeat(500))
  expectRefusal(await runs(studio.home), `${database} is damaged: file is not a database`, 'history --repair')
  expect(readFileSync(database, 'utf8')).toBe('no database '.repeat(500))
})

test('a temporary folder that is not there fails the run with its name', async () => {
  const studio = studios.open()
  const env = { TMPDIR: '/nowhere' }
  const result = await studio.run(['train', studio.runFile({ backend: 'tensorflow' })], { env })
  expectRefusal(result, 'cannot be written to /nowhere', 'set TMPDIR')
})

test.runIf(canMount)('an export that would not fit its disk is refused before anything is written', async () => {
  const studio = await trained()
  const small = join(studio.folder, 'small')
  mkdirSync(small)
  const command = ['export', 'last', '--merged', join(small, 'out')]
  const refused = await studio.run(command, { wrap: onSmallDisk('16k', small) })
  expectRefusal(refused, `${join(small, 'out')} would take about`, `the disk of ${small} has `, 'Free some space')
  expect((await studio.run(command)).code).toBe(0)
})

/** Where the store, the log and checkpoints share a disk, any of them can be the one that finds it full. */
const tinyDisks = canMount ? ['60k', '90k', '150k', '260k', '400k'] : []

test.each(tinyDisks)('on a disk of %s that fills up, the run ends with the text of a full disk', async (size) => {
  const studio = studios.open()
  const file = studio.runFile({ save_steps: 1, save_total_limit: 20 })
  const result = await studio.run(['train', file], { wrap: onSmallDisk(size, studio.home) })
  expectRefusal(result, 'disk is full', 'ree some space')
})
