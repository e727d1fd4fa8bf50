import { appendFileSync, cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { sharedFolder } from '../temporary-folder.ts'
import { changeConfig, prepareStudios } from './real-studio.ts'

// Each start loads TensorFlow and builds the graph, which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 240_000 })

const place = sharedFolder()
let studios: Awaited<ReturnType<typeof prepareStudios>>
beforeAll(async () => {
  studios = await prepareStudios(place)
})

test.each(['lora', 'dora', 'full'] as const)(
  '%s: the same settings and seed give the same numbers, to the last bit',
  async (method) => {
    const studio = studios.open()
    const file = studio.runFile({ method, backend: 'tensorflow', gradient_accumulation_steps: 2, max_steps: 8 })
    expect(await studio.run(['train', file])).toMatchObject({ code: 0, err: '' })
    const { code, out, err } = await studio.run(['bundle', 'reproduce', 'last'])
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/All \d+ numbers are the same, to the last bit\./)
  },
)

test('a run is saved, taken up by another studio and made again there; what is not as it was is told', async () => {
  const [studio, other] = [studios.open(), studios.open()]
  await studio.run(['train', studio.runFile({ backend: 'tensorflow' })])
  const saved = await studio.run(['bundle', 'export', 'last', 'mine'])
  expect(saved).toMatchObject({ code: 0, err: '' })
  expect(saved.out).toContain(join(studio.folder, 'mine.dorarun'))
  cpSync(join(studio.folder, 'mine.dorarun'), join(other.folder, 'mine.dorarun'))
  const imported = await other.run(['bundle', 'import', 'mine.dorarun'])
  expect(imported.out).toMatch(/^Imported as run /)
  expect(await other.runs()).toMatchObject([{ imported: true, resumable: false, status: 'finished' }])
  expect((await other.run(['show', 'last'])).out).toContain('imported from a bundle')
  expect((await other.run(['bundle', 'reproduce', 'last'])).out).toContain('the same, to the last bit')

  // The first studio's files are those the bundle names.
  appendFileSync(studio.train, '{"instruction":"a","output":"b"}\n')
  changeConfig(studio, { rope_theta: 20_000 })
  const [run] = await other.runs().then((runs) => runs.filter(({ imported: taken }) => taken))
  const changed = await other.run(['bundle', 'reproduce', run?.id ?? ''])
  expect(changed.code).toBe(1)
  expect(changed.err).toContain('The base model is not the one the run was made with')
  expect(changed.err).toContain('The data files are not those the run was made with')
  expect(changed.out).toMatch(/\d+ of \d+ numbers differ:\n\s+\S+ .*step \d+: /)
})

test('a file that is no bundle is refused with its name', async () => {
  const studio = studios.open()
  writeFileSync(join(studio.folder, 'x.dorarun'), 'nothing')
  const { code, err } = await studio.run(['bundle', 'import', 'x.dorarun'])
  expect(code).toBe(1)
  expect(err).toContain(`${join(studio.folder, 'x.dorarun')} is no bundle of a run`)
  expect(err).toContain('What to do: ')
})
