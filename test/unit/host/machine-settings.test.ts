import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { machineSettings } from '../../../main/host/machine-settings.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { thrownBy } from '../engine/thrown-by.ts'
import { faultOf, setUp, waitForRun } from './studio.ts'

test('settings of the machine are kept in a file, which may be read by another host at once', () => {
  const folder = temporaryFolder()
  const [ours, theirs] = [machineSettings(join(folder, 's.json')), machineSettings(join(folder, 's.json'))]
  expect(ours.read()).toEqual({ memoryLimit: null })
  expect(ours.engineEnvironment()).toEqual({})
  ours.write({ memoryLimit: 6e9 })
  expect(theirs.read()).toEqual({ memoryLimit: 6e9 })
  expect(theirs.engineEnvironment()).toEqual({ DORA_MEMORY_LIMIT: '6000000000' })
  expect(readdirSync(folder)).toEqual(['s.json'])
})

test.each(['{"memoryLimit": "much"}', '{"memoryLimit": -1}', '{', '[]'])(
  'a file that holds %s is named, with the cure',
  (text) => {
    const file = join(temporaryFolder(), 's.json')
    writeFileSync(file, text)
    expect(thrownBy(() => machineSettings(file).read())).toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining(file),
      hint: expect.stringContaining('delete it'),
    })
  },
)

test('a file that is no file of settings at all is not read', () => {
  const folder = temporaryFolder()
  const large = join(folder, 'large.json')
  writeFileSync(large, `{"memoryLimit": 5000000000}${' '.repeat(1e5)}`)
  expect(thrownBy(() => machineSettings(large).read())).toMatchObject({
    message: expect.stringMatching(/at most 65536/),
  })
  expect(thrownBy(() => machineSettings(folder).read())).toMatchObject({ hint: expect.stringContaining('delete it') })
  if (process.platform === 'win32') return
  expect(thrownBy(() => machineSettings('/dev/zero').read())).toMatchObject({
    message: expect.stringMatching(/no ordinary file/),
  })
})

test('settings that cannot be kept leave nothing behind', () => {
  const folder = temporaryFolder()
  const file = join(folder, 's.json')
  mkdirSync(join(file, 'in the way'), { recursive: true })
  expect(thrownBy(() => machineSettings(file).write({ memoryLimit: 1e9 }))).toMatchObject({ code: 'disk' })
  expect(readdirSync(folder)).toEqual(['s.json'])
})

test('a run under settings that cannot be read fails with the cure, and the next one is trained', async () => {
  const { host, config, folder } = await setUp()
  const file = join(folder, 'data', 'settings.json')
  writeFileSync(file, '{')
  const { id } = await host.call('runs.start', config)
  expect(await waitForRun(host, id)).toMatchObject({ status: 'failed', error: { code: 'bad-file' } })
  await host.call('settings.set', { memoryLimit: null })
  const next = await host.call('runs.start', config)
  expect(await waitForRun(host, next.id)).toMatchObject({ status: 'finished' })
})

test('every front is told of another limit, and a limit that is no size is refused', async () => {
  const { host, events } = await setUp()
  expect(await host.call('settings.set', { memoryLimit: 4e9 })).toEqual({ memoryLimit: 4e9 })
  expect(await host.call('settings.get', {})).toEqual({ memoryLimit: 4e9 })
  expect(events.filter(({ event }) => event === 'settings.changed').map(({ payload }) => payload)).toEqual([
    { memoryLimit: 4e9 },
  ])
  expect((await faultOf(() => host.call('settings.set', { memoryLimit: 0.5 }))).message).toContain('memoryLimit')
})
