import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../../../main/host/store/database.ts'
import { checkWhole, DamagedDatabase } from '../../../../main/host/store/integrity.ts'
import { recoverDatabase } from '../../../../main/host/store/recover.ts'
import { openOrRecover, openStore } from '../../../../main/host/store/store.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { makeConfig } from '../studio.ts'

const PAGE = 4096
const RUNS = 12
const STEPS = 2_000

/** A history of some hundred pages. */
function history(): string {
  const folder = temporaryFolder()
  const file = join(folder, 'studio.sqlite')
  const store = openStore(file)
  for (let index = 0; index < RUNS; index++) {
    const id = `run-${index}`
    store.runs.insert({ id, config: makeConfig(folder), versions: {}, createdAt: index, owner: { pid: 1, start: '' } })
    const rows = Array.from({ length: STEPS }, (_, step) => ({
      step,
      name: 'train_loss' as const,
      module: '',
      value: step / 7,
      wallMs: 5,
    }))
    store.metrics.append(id, rows)
    store.checkpoints.add(
      id,
      { step: 3, folder: `/c${index}`, bytes: 1, evalLoss: null, best: false, createdAt: 1 },
      [],
    )
  }
  store.close()
  return file
}

/** Overwrites a page (counted from 1) with bytes that mean nothing. */
function spoil(file: string, page: number): void {
  const fd = openSync(file, 'r+')
  writeSync(fd, Buffer.alloc(PAGE, 0xa7), 0, PAGE, (page - 1) * PAGE)
  closeSync(fd)
}

/** Pages of a table: its root, and those SQLite lists as its own. */
function pagesOf(file: string, table: string): { root: number; all: number[] } {
  const database = openDatabase(file)
  const root = database
    .prepare<[string], { rootpage: number }>('SELECT rootpage FROM sqlite_schema WHERE name = ?')
    .get(table)
  const all = database
    .prepare<[string], { pageno: number }>('SELECT pageno FROM dbstat WHERE name = ? ORDER BY pageno')
    .all(table)
  database.close()
  return { root: root?.rootpage ?? 0, all: all.map(({ pageno }) => pageno) }
}

const rowsOf = (file: string) => {
  const store = openStore(file)
  const runs = store.runs.list().map(({ id }) => id)
  const rows = runs.map(
    (runId) =>
      store.metrics.series({ runId, names: [], maxPoints: 5000, fromStep: null, toStep: null })[0]?.points.length ?? 0,
  )
  store.close()
  return { runs: runs.length, rows: rows.reduce((sum, n) => sum + n, 0) }
}

test('a sound history is opened as it is, and nothing is written beside it', () => {
  const file = history()
  const { store, recovery } = openOrRecover(file)
  store.close()
  expect(recovery).toBeNull()
  expect(readdirSync(dirname(file)).filter((name) => name.includes('damaged'))).toEqual([])
})

test('a damaged page among the metrics costs its neighbourhood and no run', () => {
  const file = history()
  const { root, all } = pagesOf(file, 'metrics')
  const leaf = all.find((page) => page !== root && page > 40) ?? 0
  spoil(file, leaf)
  const recovery = recoverDatabase(file)
  expect(recovery.lost).toEqual([expect.stringContaining('metrics: ')])
  expect(recovery.rows).toMatchObject({ runs: RUNS, series: RUNS, checkpoints: RUNS })
  const { runs, rows } = rowsOf(file)
  expect(runs).toBe(RUNS)
  expect(rows).toBeGreaterThan(0.8 * RUNS * STEPS)
  expect(rows).toBeLessThan(RUNS * STEPS)
  const database = openDatabase(file)
  expect(checkWhole(database)).toEqual([])
  database.close()
})

test('a damaged table of runs is found at start, told with the cure, and repaired with what can be read', () => {
  const file = history()
  spoil(file, pagesOf(file, 'checkpoints').root)
  const before = readFileSync(file)
  expect(() => openStore(file)).toThrow(DamagedDatabase)
  expect(readFileSync(file).equals(before)).toBe(true)
  const { store, recovery } = openOrRecover(file)
  expect(store.runs.list()).toHaveLength(RUNS)
  expect(store.checkpoints.list('run-1')).toEqual([])
  store.close()
  expect(recovery?.lost).toEqual([expect.stringContaining('checkpoints: ')])
  expect(existsSync(recovery?.kept ?? '')).toBe(true)
  expect(rowsOf(file).rows).toBe(RUNS * STEPS)
})

test('a file of which nothing can be read is kept, and an empty history takes its place', () => {
  const file = join(temporaryFolder(), 'studio.sqlite')
  writeFileSync(file, 'no database '.repeat(500))
  const { store, recovery } = openOrRecover(file)
  expect(store.runs.list()).toEqual([])
  store.close()
  expect(readFileSync(recovery?.kept ?? '', 'utf8')).toBe('no database '.repeat(500))
})

test('a history cut short by a failed copy is repaired as far as it goes', () => {
  const file = history()
  const size = statSync(file).size
  writeFileSync(file, readFileSync(file).subarray(0, Math.floor((size * 0.6) / PAGE) * PAGE))
  const { store, recovery } = openOrRecover(file)
  store.close()
  expect(recovery?.kept).toContain('damaged')
  expect(rowsOf(file).runs).toBeGreaterThan(0)
})

test('a history that another studio has open is not repaired under its feet', () => {
  const file = history()
  const other = openStore(file)
  expect(() => recoverDatabase(file)).toThrow(/while another studio has it open/)
  expect(other.runs.list()).toHaveLength(RUNS)
  other.close()
  expect(readdirSync(dirname(file)).filter((name) => /recovering|damaged/.test(name))).toEqual([])
})
