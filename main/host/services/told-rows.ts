import { fault } from '../../../shared/domain/error.ts'

type Parts<Row, Patch> = {
  /** What a row is called in the fault of a missing one. */
  readonly what: string
  readonly hint?: string
  readonly find: (id: string) => Row | null | undefined
  readonly update: (id: string, patch: Patch) => void
  /** Tells the fronts. */
  readonly tell: (row: Row) => void
}

/** Rows of the store that the fronts see: each change is told once it is stored. */
export function toldRows<Row, Patch>({ what, hint, find, update, tell }: Parts<Row, Patch>) {
  function get(id: string): Row {
    const row = find(id)
    if (row === undefined || row === null)
      throw fault('not-found', `There is no ${what} ${id}.`, hint === undefined ? {} : { hint })
    return row
  }
  function publish(id: string): Row {
    const row = get(id)
    tell(row)
    return row
  }
  function change(id: string, patch: Patch): Row {
    update(id, patch)
    return publish(id)
  }
  return { get, publish, change }
}
