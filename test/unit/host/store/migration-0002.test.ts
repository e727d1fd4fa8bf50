import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../../../main/host/store/database.ts'
import { firstTables } from '../../../../main/host/store/migrations/0001-first-tables.ts'
import { openStore } from '../../../../main/host/store/store.ts'
import { runConfigSchema } from '../../../../shared/domain/run-config.ts'
import { temporaryFolder } from '../studio.ts'

const config = JSON.stringify(runConfigSchema.parse({ model_name_or_path: '/models/a', train_file: '/data/b.jsonl' }))

/** A history as the first version of the studio wrote it. */
function writeFirstVersion(file: string): void {
  const database = openDatabase(file, [firstTables])
  const insert = database.prepare(`INSERT INTO runs
    (id, name, status, config, seed, versions, created_at, step, total_steps, owner_pid, owner_start)
    VALUES (?, ?, ?, ?, 42, '{}', ?, 3, 5, 1, '')`)
  insert.run('old', 'Old run', 'finished', config, 7)
  insert.run('waiting', 'Waiting run', 'queued', config, 9)
  database.exec("INSERT INTO checkpoints VALUES ('old', 3, '/c3', 12, 0.5, 8)")
  database.exec("INSERT INTO series (id, run_id, name, module) VALUES (1, 'old', 'train_loss', '')")
  database.exec('INSERT INTO metrics VALUES (1, 3, 0.25, 8)')
  database.close()
}

test('a history of the first version is carried over whole', () => {
  const file = join(temporaryFolder(), 'studio.sqlite')
  writeFirstVersion(file)
  const store = openStore(file)
  expect(store.runs.summary('old')).toMatchObject({
    name: 'Old run',
    tags: [],
    notes: '',
    trainLoss: 0.25,
    queuePosition: null,
  })
  expect(store.runs.summary('waiting')).toMatchObject({ queuePosition: 1 })
  expect(store.checkpoints.list('old')).toMatchObject([{ step: 3, evalLoss: 0.5, best: false }])
  expect(store.library.list('models')).toEqual(['/models/a'])
  expect(store.library.list('data')).toEqual(['/data/b.jsonl'])
  store.runs.update('old', { tags: ['kept'], notes: 'text' })
  expect(store.runs.summary('old')).toMatchObject({ tags: ['kept'], notes: 'text' })
  store.close()
})
