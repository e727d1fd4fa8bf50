import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../temporary-folder.ts'
import { makeConfig, openTestHost, waitForRun } from './studio.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** Bytes that are really in use, after a collection. */
function used(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const STEPS = 500
const MODULES = 199
/** A tenth of what the rows would take if they were kept: 100,000 objects of some 160 bytes. */
const ALLOWED_BYTES = 1.6e6

test('the host is no larger after 100,000 rows of metrics than after the first tenth of them', async () => {
  const folder = temporaryFolder()
  const host = await openTestHost(folder)
  let rows = 0
  let early = 0
  host.on('metrics.appended', (event) => {
    rows += event.rows.length
    if (early === 0 && rows > 10_000) early = used()
  })
  const { id } = await host.call('runs.start', makeConfig(folder, { steps: STEPS, delayMs: 1, modules: MODULES }))
  expect(await waitForRun(host, id)).toMatchObject({ status: 'finished', step: STEPS })
  expect(rows).toBeGreaterThanOrEqual(100_000)
  expect(used() - early).toBeLessThan(ALLOWED_BYTES)
})
