import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ensureProcesses } from '../../main/setup/build.ts'
import { runKills } from '../soak/kills.ts'

/** Two kills a phase and target; the whole of it is `npm run bench -- kills`. */
const EACH = 12
const SEED = 20261124

test('engine and host killed at seeded moments lose no published number, no checkpoint and no export', async () => {
  // Which process is whose child is read from /proc.
  if (process.platform !== 'linux') return
  await ensureProcesses(join(import.meta.dirname, '../..'), () => undefined)
  const report = await runKills({
    targets: ['engine', 'host'],
    each: EACH,
    seed: SEED,
    backend: 'tensorflow',
    log: () => {},
  })
  expect(report.faults).toEqual([])
  expect(report.published).toBeGreaterThan(1000)
  for (const target of ['engine', 'host'] as const) {
    const counts = Object.values(report.hits[target])
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(EACH)
    expect(counts.length, JSON.stringify(report.hits)).toBeGreaterThanOrEqual(4)
  }
}, 600_000)

test('a power cut that drops every unsynced write loses no published number and no checkpoint', async () => {
  // Syncs are watched by a preloaded library, as Linux has it.
  if (process.platform !== 'linux') return
  await ensureProcesses(join(import.meta.dirname, '../..'), () => undefined)
  const report = await runKills({ targets: ['power'], each: 10, seed: SEED, backend: 'tensorflow', log: () => {} })
  expect(report.faults).toEqual([])
  expect(report.published).toBeGreaterThan(400)
}, 600_000)
