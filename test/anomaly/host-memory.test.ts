import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'
import { makeConfig } from '../unit/host/studio.ts'
import { type ForkedHost, forkHost } from './fork-host.ts'

const MIB = 2 ** 20
/** A loss and 19 modules a step. */
const ROWS_A_STEP = 20
const STEPS = 5_000
const FIRST_LOOK = 1_000
const LAST_LOOK = 4_900

type State = { readonly heap: number; readonly rss: number; readonly handles: number; readonly resources: number }

async function stateOf(pid: number, tools: Awaited<ReturnType<ForkedHost['inspect']>>): Promise<State> {
  await tools.send('HeapProfiler.collectGarbage')
  const { usedSize } = await tools.send<{ usedSize: number }>('Runtime.getHeapUsage')
  const { result } = await tools.send<{ result: { value: number } }>('Runtime.evaluate', {
    expression: 'process.getActiveResourcesInfo().length',
  })
  const linux = process.platform === 'linux'
  const rss = linux ? Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024 : 0
  return {
    heap: usedSize,
    rss,
    handles: linux ? readdirSync(`/proc/${pid}/fd`).length : 0,
    resources: result.value,
  }
}

test('a host takes no more memory and no more handles at the end of 100,000 metric rows than at their beginning', async () => {
  const folder = temporaryFolder()
  const host = forkHost(join(folder, 'data'))
  const config = makeConfig(folder, { steps: STEPS, delayMs: 1, modules: ROWS_A_STEP - 1 })
  const { id: runId } = await host.call('runs.start', config)
  const tools = await host.inspect()
  const reach = (step: number) =>
    expect
      .poll(async () => (await host.call('runs.get', { runId })).step, { interval: 200 })
      .toBeGreaterThanOrEqual(step)
  /** What a page that is open asks for meanwhile. */
  const look = () =>
    host.call('metrics.series', {
      runId,
      names: ['train_loss', 'delta_d'],
      maxPoints: 400,
      fromStep: null,
      toStep: null,
    })

  await reach(FIRST_LOOK)
  await look()
  const first = await stateOf(host.child.pid ?? 0, tools)
  for (let step = FIRST_LOOK; step < LAST_LOOK; step += 500) {
    await reach(step)
    await look()
  }
  await reach(LAST_LOOK)
  const last = await stateOf(host.child.pid ?? 0, tools)
  tools.close()
  console.info(
    `heap ${(first.heap / MIB).toFixed(1)} to ${(last.heap / MIB).toFixed(1)} MiB, resident ${(first.rss / MIB).toFixed(0)} to ${(last.rss / MIB).toFixed(0)} MiB, ${last.handles} handles, ${host.events()} events`,
  )
  // 78,000 rows lie between the two looks: kept, they would take 8 MiB and more.
  expect(last.heap - first.heap).toBeLessThan(2 * MIB)
  // Node gives freed memory back late, SQLite fills its page cache; neither grows for ever.
  expect(last.rss - first.rss).toBeLessThan(48 * MIB)
  expect(last.handles).toBeLessThanOrEqual(first.handles + 2)
  expect(last.resources).toBeLessThanOrEqual(first.resources + 2)

  await reach(STEPS)
  const [loss, ...modules] = await look()
  expect([loss?.name, modules.length]).toEqual(['train_loss', ROWS_A_STEP - 1])
}, 240_000)
