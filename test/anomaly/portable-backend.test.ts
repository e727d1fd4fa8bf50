import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, expect, test } from 'vitest'
import { sharedFolder } from '../temporary-folder.ts'
import { JARGON, prepareStudios } from './real-studio.ts'

const place = sharedFolder()
let studios: Awaited<ReturnType<typeof prepareStudios>>
beforeAll(async () => {
  studios = await prepareStudios(place)
})

const NO_TENSORFLOW = pathToFileURL(join(import.meta.dirname, 'no-tensorflow.mjs')).href
const without = { env: { NODE_OPTIONS: `--import=${NO_TENSORFLOW}` } }
const logOf = (folder: string) => readFileSync(join(folder, 'engine.log'), 'utf8')

test('the portable backend trains, validates, writes checkpoints and exports, and says what it is', async () => {
  const studio = studios.open()
  const { code, out, err } = await studio.run([
    'train',
    studio.runFile({ backend: 'portable', test_file: 'validation.jsonl' }),
  ])
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/step 6\/6, .* loss \d.*, validation \d/)
  const run = await studio.show()
  expect(run).toMatchObject({ status: 'finished', step: 6, plan: { backend: 'portable' } })
  expect(run.plan?.device).toMatch(/portable backend/)
  expect([run.evalLoss, run.testAccuracy].every((value) => typeof value === 'number')).toBe(true)
  expect(run.checkpoints.map(({ step }) => step)).toEqual([2, 4, 6])
  expect((await studio.run(['show', 'last'])).out).toMatch(/^Device +CPU \(portable backend, tfjs \w+\)$/m)
  // Its only lines would be an advertisement of the backend that is not there.
  expect(logOf(run.folder)).toMatch(/^--- \S+\n$/)

  const exported = await studio.run(['export', 'last', '--merged', 'merged'])
  expect(exported).toMatchObject({ code: 0, err: '', out: expect.stringContaining('same next token in 100.0%') })
  expect(readdirSync(join(studio.folder, 'merged')).sort()).toEqual([
    'config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ])
})

test('without libtensorflow a run says that it uses the portable backend, and why', async () => {
  const studio = studios.open()
  const { code, out, err } = await studio.run(['train', studio.runFile({ backend: 'auto' })], without)
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(
    /TensorFlow is not available \(.*libtensorflow\.so\.2: cannot open.*\); using the slower portable/,
  )
  expect((await studio.show()).plan).toMatchObject({ backend: 'portable', device: expect.stringContaining('portable') })
})

test('without libtensorflow a run that asks for it fails with the reason and the cure', async () => {
  const studio = studios.open()
  const { code, err } = await studio.run(['train', studio.runFile({ backend: 'tensorflow' })], without)
  expect(code).toBe(1)
  expect(err).toMatch(/^Error: TensorFlow's native library cannot be loaded: .*libtensorflow\.so\.2: cannot open/)
  expect(err).toContain('What to do: Run "npm run setup"')
  expect(err).not.toMatch(JARGON)
  const run = await studio.show()
  expect(run).toMatchObject({ status: 'failed', error: { code: 'native' } })
  expect(existsSync(join(run.folder, 'checkpoint-2'))).toBe(false)
})

test('with libtensorflow a run uses it, and its log holds none of the lines of the library', async () => {
  const studio = studios.open()
  expect((await studio.run(['train', studio.runFile({ backend: 'auto' })])).code).toBe(0)
  const run = await studio.show()
  expect(run.plan).toMatchObject({ backend: 'tensorflow' })
  expect(logOf(run.folder)).toMatch(/^--- \S+\n$/)
})

test('a run that asks for a GPU where none can be seen fails with what there is and the cure', async () => {
  const studio = studios.open()
  const hidden = { env: { CUDA_VISIBLE_DEVICES: '-1' } }
  const { code, err } = await studio.run(['train', studio.runFile({ backend: 'auto', device: 'gpu' })], hidden)
  expect(code).toBe(1)
  expect(err).toMatch(/^Error: This run asks for a GPU \(device: gpu\), but there is none to compute on: CPU \(Tensor/)
  expect(err).toContain('What to do: CUDA_VISIBLE_DEVICES is "-1"')
  expect(await studio.show()).toMatchObject({ status: 'failed', error: { code: 'native' } })
})
