import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CALLS, type CallName } from '../../../shared/contract.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { openTestHost, setUp } from './studio.ts'

test('calls about a run that is not there say so, whichever they are', async () => {
  const { host, folder } = await setUp()
  const runId = 'nobody'
  const series = { runId, names: [], maxPoints: 10, fromStep: null, toStep: null }
  const inputs = {
    'runs.get': { runId },
    'runs.stop': { runId, checkpoint: true },
    'runs.resume': { runId },
    'runs.rename': { runId, name: 'x' },
    'runs.delete': { runId },
    'metrics.series': series,
    'exports.start': { runId, kind: 'merged', folder },
    'exports.list': { runId },
  }
  for (const [call, input] of Object.entries(inputs)) {
    expect(await host.dispatch(call, input), call).toMatchObject({ ok: false, error: { code: 'not-found' } })
  }
})

test('every call of the contract refuses input of a wrong shape before its handler runs', async () => {
  const { host } = await setUp()
  for (const name of Object.keys(CALLS) as CallName[]) {
    expect(await host.dispatch(name, 'text'), name).toMatchObject({
      ok: false,
      error: { code: 'bad-config', message: expect.stringContaining(name) },
    })
  }
})

test('unknown calls are refused, also those named like parts of every object', async () => {
  const { host } = await setUp()
  for (const name of ['runs.explode', 'constructor', '__proto__', 'toString']) {
    expect(await host.dispatch(name, {}), name).toMatchObject({ ok: false, error: { code: 'not-found' } })
  }
})

test('app.info, config.parse and config.format answer', async () => {
  const { host, config, folder } = await setUp()
  expect(await host.call('app.info', {})).toMatchObject({ dataFolder: join(folder, 'data') })
  const { yaml } = await host.call('config.format', config)
  expect(await host.call('config.parse', { yaml, folder: '/' })).toEqual(config)
})

test('doctor.report hands over what the Doctor prints', async () => {
  const folder = temporaryFolder()
  const doctorEntry = join(folder, 'doctor.mjs')
  const report = { checks: [], backend: 'portable', device: 'CPU', gflops: 1.5 }
  writeFileSync(doctorEntry, `console.log(${JSON.stringify(JSON.stringify(report))})`)
  const host = await openTestHost(folder, { doctorEntry })
  expect(await host.call('doctor.report', {})).toEqual(report)
})

test('demo.config is ready to start: absolute paths to files that are there', async () => {
  const { host } = await setUp()
  const config = await host.call('demo.config', {})
  for (const path of [config.model_name_or_path, config.train_file]) expect(existsSync(path), path).toBe(true)
})
