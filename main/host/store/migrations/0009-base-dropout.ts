import type { Migration } from './migration.ts'

/** Runs from before the base model's dropout existed had none: they go on, and are made again, without it. */
export const baseDropout: Migration = (database) => {
  database.exec(`
    UPDATE runs SET config = json_set(config, '$.base_dropout', json('false'))
    WHERE json_type(config, '$.base_dropout') IS NULL
  `)
}
