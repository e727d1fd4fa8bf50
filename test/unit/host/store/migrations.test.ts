import { readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { BACKUPS_KEPT, keepBackup, listBackups } from '../../../../main/host/store/backups.ts'
import { type Database, openDatabase } from '../../../../main/host/store/database.ts'
import { checkWhole } from '../../../../main/host/store/integrity.ts'
import { MIGRATIONS } from '../../../../main/host/store/migrations/index.ts'
import { openStore } from '../../../../main/host/store/store.ts'
import { runConfigSchema } from '../../../../shared/domain/run-config.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'

const config = JSON.stringify(runConfigSchema.parse({ model_name_or_path: '/models/a', train_file: '/data/b.jsonl' }))

/** What each version brought, written as that version wrote it: one entry a migration, in their order. */
const CONTENTS: readonly ((database: Database) => void)[] = [
  (database) => {
    const insert = database.prepare(`INSERT INTO runs (id, name, status, config, seed, versions, plan, model_hash,
      data_hash, created_at, started_at, ended_at, step, total_steps, phase, error, owner_pid, owner_start)
      VALUES (?, ?, ?, ?, 42, '{"studio":"0.1.0"}', NULL, 'm', 'd', ?, 8, 9, 3, 5, NULL, NULL, 77, 'boot:1')`)
    insert.run('old', 'Old run', 'finished', config, 7)
    insert.run('waiting', 'Waiting run', 'queued', config, 9)
    database.exec(`INSERT INTO series (id, run_id, name, module) VALUES (1, 'old', 'train_loss', ''), (2, 'old', 'delta_m', 'layers.0.q_proj');
      INSERT INTO metrics VALUES (1, 1, 0.5, 7), (1, 3, 0.25, 8), (2, 3, 1e-7, 8);
      INSERT INTO checkpoints (run_id, step, folder, bytes, eval_loss, created_at) VALUES ('old', 3, '/c3', 12, 0.5, 8);
      INSERT INTO exports VALUES ('e', 'old', 'merged', '/out', 3, 'failed', NULL, 0.5, 8, NULL,
        '{"code":"disk","message":"full","hint":"","details":[],"retryable":true}', 77, 'boot:1')`)
  },
  (database) => {
    database.exec(`UPDATE runs SET tags = '["kept"]', notes = 'text', queue_rank = 2 WHERE id = 'waiting';
      UPDATE checkpoints SET best = 1;
      INSERT INTO library VALUES ('models', '/models/mine', 5)`)
  },
  (database) => {
    database.exec('INSERT INTO metric_leaves VALUES (1, 0, 127, 0.5, 0.25, 0.5, 8)')
  },
  // An index alone.
  () => {},
  (database) => {
    database.exec("INSERT INTO alarms VALUES ('old', 'labels-masked', 0, 'text', 'cure')")
  },
  (database) => {
    database.exec("UPDATE runs SET imported_at = 5 WHERE id = 'old'")
  },
  (database) => {
    database.exec(`INSERT INTO downloads VALUES ('d', 'model', 'org/name', 'main', '0000000000000000000000000000000000000000',
      'https://hub/org/name', '[]', 'paused', 9, 4, '[]', 6, NULL, 77, 'boot:1')`)
  },
  (database) => {
    database.exec(`INSERT INTO chats VALUES ('c', '[{"kind":"folder","folder":"/m"}]', NULL, NULL, 9);
      INSERT INTO chat_turns VALUES ('c', 1, 'hello', '[]')`)
  },
  // Nothing but a setting of older runs.
  () => {},
  (database) => {
    database.exec("UPDATE runs SET twins = 'both' WHERE id = 'old'")
  },
]

/** A history as version `version` of the schema left it. */
function writeVersion(file: string, version: number): void {
  const database = openDatabase(file, MIGRATIONS.slice(0, version))
  // Tables that a later version fills from older ones are empty where that version made them.
  for (const write of CONTENTS.slice(0, version)) write(database)
  database.close()
}

type Tables = Record<string, Record<string, unknown>[]>

/** All rows of all tables of a history of a version. */
function contents(file: string, version: number): Tables {
  const database = openDatabase(file, MIGRATIONS.slice(0, version))
  const names = database
    .prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .all()
  const result = Object.fromEntries(
    names.map(({ name }) => [
      name,
      database.prepare<[], Record<string, unknown>>(`SELECT * FROM ${name} ORDER BY 1, 2`).all(),
    ]),
  )
  database.close()
  return result
}

test('every migration has contents to be tested with', () => {
  expect(CONTENTS).toHaveLength(MIGRATIONS.length)
})

test.each(MIGRATIONS.map((_, i) => i + 1))(
  'a history of version %i is carried over whole, and a copy of it is kept',
  (version) => {
    const file = join(temporaryFolder(), 'studio.sqlite')
    writeVersion(file, version)
    const before = contents(file, version)
    const store = openStore(file)
    expect(store.runs.summary('old')).toMatchObject({ name: 'Old run', trainLoss: 0.25, step: 3 })
    expect(store.runs.list().map(({ id }) => id)).toEqual(['waiting', 'old'])
    expect(store.runs.record('old')?.config.train_file).toBe('/data/b.jsonl')
    expect(store.checkpoints.list('old')).toMatchObject([{ step: 3, evalLoss: 0.5 }])
    expect(store.exports.list('old')).toMatchObject([{ id: 'e', error: { code: 'disk' } }])
    // Version 2 brought the library, filled from the runs there were.
    expect(store.library.list('models')).toEqual([version === 1 ? '/models/a' : '/models/mine'])
    store.close()
    const after = contents(file, MIGRATIONS.length)
    for (const [table, rows] of Object.entries(before)) {
      // A later version may add columns and rows; it changes none.
      for (const row of rows) expect(after[table], table).toContainEqual(expect.objectContaining(row))
    }
    const database = openDatabase(file)
    expect(checkWhole(database)).toEqual([])
    expect(database.pragma('user_version', { simple: true })).toBe(MIGRATIONS.length)
    database.close()
    const backups = listBackups(file)
    expect(backups.map((path) => path.includes(`.v${version}-`))).toEqual(version === MIGRATIONS.length ? [] : [true])
    for (const backup of backups) expect(contents(backup, version)).toEqual(before)
  },
)

test('a run from before the base model could drop anything goes on without, a later one as it was set', () => {
  const file = join(temporaryFolder(), 'studio.sqlite')
  writeVersion(file, 1)
  const database = openDatabase(file, MIGRATIONS.slice(0, 1))
  database.exec("UPDATE runs SET config = json_remove(config, '$.base_dropout') WHERE id = 'old'")
  database.close()
  const store = openStore(file)
  expect(store.runs.record('old')?.config).toMatchObject({ base_dropout: false, train_file: '/data/b.jsonl' })
  expect(store.runs.record('waiting')?.config.base_dropout).toBe(true)
  store.close()
})

test('a new history is not copied before it is filled', () => {
  const file = join(temporaryFolder(), 'studio.sqlite')
  openDatabase(file).close()
  expect(listBackups(file)).toEqual([])
})

test('only the newest copies are kept', () => {
  const file = join(temporaryFolder(), 'studio.sqlite')
  openDatabase(file).close()
  const database = openDatabase(file)
  const made = Array.from({ length: BACKUPS_KEPT + 2 }, (_, i) => {
    // Names carry milliseconds.
    for (const now = Date.now(); Date.now() === now; );
    return keepBackup(file, i + 1, (to) => database.prepare('VACUUM INTO ?').run(to))
  })
  database.close()
  expect(listBackups(file)).toEqual(made.slice(-BACKUPS_KEPT))
})

test('a copy that cannot be written leaves nothing of itself', () => {
  const file = join(temporaryFolder(), 'studio.sqlite')
  writeVersion(file, 1)
  const copy = (to: string) => {
    writeFileSync(to, 'half')
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' })
  }
  expect(() => keepBackup(file, 1, copy)).toThrow('ENOSPC')
  expect(readdirSync(dirname(file))).toEqual(['studio.sqlite'])
})
