import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../../../main/host/store/database.ts'
import { MIGRATIONS } from '../../../../main/host/store/migrations/index.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { faultOf } from '../studio.ts'

const fresh = () => join(temporaryFolder(), 'studio.sqlite')

test('a new database is durable, checks references and has the newest schema', () => {
  const database = openDatabase(fresh())
  const pragma = (name: string) => database.pragma(name, { simple: true })
  expect(pragma('journal_mode')).toBe('wal')
  expect(pragma('synchronous')).toBe(2)
  expect(pragma('foreign_keys')).toBe(1)
  expect(pragma('user_version')).toBe(MIGRATIONS.length)
  database.close()
})

test('every table is STRICT', () => {
  const database = openDatabase(fresh())
  const tables = database
    .prepare<[], { name: string; strict: number }>(
      "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'",
    )
    .all()
  expect(tables.map(({ name }) => name).sort()).toEqual([
    'alarms',
    'chat_turns',
    'chats',
    'checkpoints',
    'downloads',
    'exports',
    'library',
    'metric_leaves',
    'metrics',
    'runs',
    'series',
  ])
  expect(tables.filter(({ strict }) => strict === 0)).toEqual([])
  database.close()
})

test('opening again keeps what is there', () => {
  const file = fresh()
  const first = openDatabase(file)
  first.exec(
    "INSERT INTO runs (id, name, status, config, seed, versions, created_at, owner_pid, owner_start) VALUES ('a', 'b', 'queued', '{}', 1, '{}', 1, 1, '')",
  )
  first.close()
  const second = openDatabase(file)
  expect(second.prepare('SELECT count(*) AS n FROM runs').get()).toEqual({ n: 1 })
  second.close()
})

test('later migrations run once each, in order, on an older database', () => {
  const file = fresh()
  openDatabase(file).close()
  const calls: number[] = []
  const newer = [...MIGRATIONS, () => void calls.push(1), () => void calls.push(2)]
  openDatabase(file, newer).close()
  openDatabase(file, newer).close()
  expect(calls).toEqual([1, 2])
})

test('a migration that fails leaves schema and version as they were', async () => {
  const file = fresh()
  openDatabase(file).close()
  const failing = [
    ...MIGRATIONS,
    (database: ReturnType<typeof openDatabase>) => {
      database.exec('CREATE TABLE half (a INTEGER) STRICT')
      throw new Error('broken step')
    },
  ]
  expect((await faultOf(() => openDatabase(file, failing))).message).toContain('broken step')
  const database = openDatabase(file)
  expect(database.prepare("SELECT name FROM sqlite_schema WHERE name = 'half'").get()).toBeUndefined()
  database.close()
})

test('a database of a newer studio is refused with the cure', async () => {
  const file = fresh()
  openDatabase(file, [...MIGRATIONS, () => {}]).close()
  const error = await faultOf(() => openDatabase(file))
  expect(error).toMatchObject({ code: 'bad-file', hint: expect.stringContaining('Update') })
  expect(error.message).toContain(`schema version ${MIGRATIONS.length + 1}`)
})

test('a file that is no database is named and left alone', async () => {
  const file = fresh()
  writeFileSync(
    file,
    'this is a text of some length, not a database at all, and long enough to have a header'.repeat(20),
  )
  expect(await faultOf(() => openDatabase(file))).toMatchObject({
    code: 'bad-file',
    message: expect.stringContaining(file),
  })
})

test('a folder that does not exist is a disk fault', async () => {
  const file = join(temporaryFolder(), 'missing', 'studio.sqlite')
  expect((await faultOf(() => openDatabase(file))).message).toContain('missing')
})
