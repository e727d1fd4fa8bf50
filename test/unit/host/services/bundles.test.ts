import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bundleSchema } from '../../../../shared/domain/bundle.ts'
import { METRIC_NAMES } from '../../../../shared/domain/metric.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { faultOf, makeConfig, openTestHost, waitForRun } from '../studio.ts'

async function withSavedRun() {
  const folder = temporaryFolder()
  const host = await openTestHost(folder)
  const { id } = await host.call('runs.start', makeConfig(folder, { steps: 40, checkpointEvery: 20, modules: 3 }))
  await waitForRun(host, id)
  await host.call('runs.describe', { runId: id, tags: ['paper'], notes: 'Kept.' })
  const file = join(folder, 'run.dorarun')
  const { bytes } = await host.call('bundles.save', { runId: id, file })
  expect(bytes).toBe(readFileSync(file).length)
  return { folder, host, id, file }
}

const curves = (runId: string) => ({
  runId,
  names: METRIC_NAMES.slice(0, 64),
  maxPoints: 5000,
  fromStep: null,
  toStep: null,
})

test('a run saved, taken up in another studio and saved there again is the same file', async () => {
  const { host, id, file, folder } = await withSavedRun()
  const elsewhere = temporaryFolder()
  const other = await openTestHost(elsewhere)
  const imported = await other.call('bundles.import', { file })
  expect(imported).toMatchObject({
    id,
    imported: true,
    status: 'finished',
    resumable: false,
    tags: ['paper'],
    step: 40,
  })
  expect(await other.call('metrics.series', curves(id))).toEqual(await host.call('metrics.series', curves(id)))
  const { plan, config, versions, checkpoints } = await other.call('runs.get', { runId: id })
  expect({ plan, config, versions }).toEqual(
    await host
      .call('runs.get', { runId: id })
      .then((run) => ({ plan: run.plan, config: run.config, versions: run.versions })),
  )
  expect(checkpoints).toEqual([])
  const again = join(folder, 'again.dorarun')
  await other.call('bundles.save', { runId: id, file: again })
  const contents = (path: string) => bundleSchema.parse(JSON.parse(gunzipSync(readFileSync(path)).toString()))
  expect(contents(again)).toEqual(contents(file))
})

test('a run imported where it was made gets an id of its own, and both are the same to the last bit', async () => {
  const { host, id, file } = await withSavedRun()
  const copy = await host.call('bundles.import', { file })
  expect(copy.id).not.toBe(id)
  const same = await host.call('bundles.compare', { runId: id, with: copy.id })
  expect(same).toMatchObject({ differing: 0, first: [] })
  expect(same.compared).toBeGreaterThan(40 * 4)
  expect(await faultOf(() => host.call('runs.resume', { runId: copy.id }))).toMatchObject({ code: 'conflict' })
  expect(
    await faultOf(() => host.call('exports.start', { runId: copy.id, kind: 'adapter', folder: '/tmp/none' })),
  ).toMatchObject({
    code: 'conflict',
  })
})

test('two runs whose numbers differ in a bit are told with the place', async () => {
  const { host, id, file } = await withSavedRun()
  const bundle = bundleSchema.parse(JSON.parse(gunzipSync(readFileSync(file)).toString()))
  const loss = bundle.series.find(({ name }) => name === 'train_loss')
  if (loss) loss.value[6] = (loss.value[6] ?? 0) * (1 + Number.EPSILON)
  const changed = `${file}.changed`
  writeFileSync(changed, gzipSync(JSON.stringify(bundle)))
  const copy = await host.call('bundles.import', { file: changed })
  expect(await host.call('bundles.compare', { runId: id, with: copy.id })).toMatchObject({
    differing: 1,
    first: [expect.stringMatching(/^train_loss step 7: /)],
  })
})

test('a bundle overwrites nothing, and is not made of a run at work', async () => {
  const { folder, host, id, file } = await withSavedRun()
  expect(await faultOf(() => host.call('bundles.save', { runId: id, file }))).toMatchObject({ code: 'conflict' })
  expect(await faultOf(() => host.call('bundles.save', { runId: id, file: '/nowhere/a.dorarun' }))).toMatchObject({
    code: 'not-found',
  })
  const busy = await host.call('runs.start', makeConfig(folder, { steps: 100_000, delayMs: 5 }))
  await waitForRun(host, busy.id, ['running'])
  const other = join(folder, 'busy.dorarun')
  expect((await faultOf(() => host.call('bundles.save', { runId: busy.id, file: other }))).message).toContain(
    'is running',
  )
  expect(existsSync(other)).toBe(false)
})

test('whatever is in a file that is no bundle, nothing of it gets into the history', async () => {
  const { folder, host, file } = await withSavedRun()
  const whole = JSON.parse(gunzipSync(readFileSync(file)).toString())
  const spoilt = join(folder, 'spoilt.dorarun')
  const before = await host.call('runs.list', {})
  const refused = async (bytes: Buffer) => {
    writeFileSync(spoilt, bytes)
    return faultOf(() => host.call('bundles.import', { file: spoilt }))
  }
  expect((await refused(Buffer.from('no bundle'))).message).toContain('not gzipped')
  expect((await refused(readFileSync(file).subarray(0, 200))).message).toContain('cut short')
  expect((await refused(gzipSync('{"a":'))).message).toContain('no JSON')
  const loss = { ...whole.series[0], value: whole.series[0].value.slice(1) }
  expect((await refused(gzipSync(JSON.stringify({ ...whole, series: [loss] })))).message).toContain('different lengths')
  const keys = fc.constantFrom(...Object.keys(whole), ...Object.keys(whole.run).map((key) => `run.${key}`))
  await fc.assert(
    fc.asyncProperty(
      keys,
      fc.oneof(fc.constant(undefined), fc.constant(-1), fc.constant([[]]), fc.constant({ x: 1 })),
      async (key, value) => {
        const [outer = '', inner] = key.split('.')
        const other = inner ? { ...whole, run: { ...whole.run, [inner]: value } } : { ...whole, [outer]: value }
        await refused(gzipSync(JSON.stringify(other))).then(
          (error) => expect(['bad-file', 'bad-config', 'conflict', 'not-found']).toContain(error.code),
          // Some values may be left out or are objects by right; such a bundle is a whole one.
          () => undefined,
        )
      },
    ),
    { numRuns: 40 },
  )
  const after = await host.call('runs.list', {})
  expect(after.filter(({ imported }) => !imported)).toEqual(before)
})
