import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CHAT_SQL } from '../../../../main/host/store/chats.ts'
import { CHECKPOINT_SQL } from '../../../../main/host/store/checkpoints.ts'
import { openDatabase } from '../../../../main/host/store/database.ts'
import { EXPORT_SQL } from '../../../../main/host/store/exports.ts'
import { LEAF_SQL } from '../../../../main/host/store/leaves.ts'
import { METRIC_SQL } from '../../../../main/host/store/metrics.ts'
import { RUN_SQL } from '../../../../main/host/store/runs.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'

/** Every statement whose cost could grow with the length of the history, by what it serves. */
const HOT = { ...RUN_SQL, ...METRIC_SQL, ...LEAF_SQL, ...CHECKPOINT_SQL, ...EXPORT_SQL, ...CHAT_SQL } as const

/** What may be read from end to end or sorted, and why that is no harm. */
const ALLOWED: Readonly<Record<string, RegExp>> = {
  // The list is all runs, in the order of its index.
  list: /^SCAN r USING INDEX runs_by_creation$/,
  // The newest run with a plan is nearly always the first that is looked at.
  lastDevice: /^SCAN runs USING INDEX runs_by_creation$/,
  // The list of conversations is all of them, at most a hundred, in the order of its index.
  listChats: /^SCAN c USING INDEX chats_by_use$/,
  // The series, and the exports, of one run.
  listSeries: /^USE TEMP B-TREE FOR ORDER BY$/,
  listExports: /^USE TEMP B-TREE FOR LAST TERM OF ORDER BY$/,
}

const planOf = (sql: string): string[] => {
  const database = openDatabase(join(temporaryFolder(), 'studio.sqlite'))
  const names = [...new Set([...sql.matchAll(/@(\w+)/g)].map(([, name]) => name ?? ''))]
  const unnamed = (sql.match(/\?/g) ?? []).map(() => 1)
  const statement = database.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
  const values = names.length > 0 ? [Object.fromEntries(names.map((name) => [name, 1]))] : unnamed
  const plan = statement.all(...values).map(({ detail }) => detail)
  database.close()
  return plan
}

test.each(Object.entries(HOT))('%s finds its rows by an index and sorts nothing', (name, sql) => {
  const plan = planOf(sql)
  expect(plan.length).toBeGreaterThan(0)
  for (const step of plan) {
    if (ALLOWED[name]?.test(step)) continue
    expect(step, `${name}: ${plan.join(' | ')}`).toMatch(
      /^(SEARCH .+ USING (?!AUTOMATIC)|(CORRELATED )?(SCALAR|LIST) SUBQUERY|USING INDEX|REUSE)/,
    )
  }
})
