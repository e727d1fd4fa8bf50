import type { Database } from './database.ts'

/**
 * A connection of which every write holds SQLite's write lock before `check` is asked, which throws where nothing may be
 * written. Studios that have the same files open take turns by that lock: what one of them found missing and put back after
 * it had the lock, the next one finds missing, too.
 */
export function checkedWrites(database: Database, check: () => void): Database {
  const locked = <T>(write: () => T): T => {
    if (database.inTransaction) return write()
    return database
      .transaction(() => {
        check()
        return write()
      })
      .immediate()
  }
  const prepare = (sql: string) => {
    const statement = database.prepare(sql)
    if (statement.readonly) return statement
    const [run, get] = [statement.run.bind(statement), statement.get.bind(statement)]
    return Object.assign(statement, {
      run: (...values: unknown[]) => locked(() => run(...values)),
      get: (...values: unknown[]) => locked(() => get(...values)),
    })
  }
  const transaction =
    <A extends unknown[], R>(work: (...args: A) => R) =>
    (...args: A): R =>
      locked(() => database.transaction(work)(...args))
  return new Proxy(database, {
    get: (target, name) => {
      if (name === 'prepare') return prepare
      if (name === 'transaction') return transaction
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
