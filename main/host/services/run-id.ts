import { randomBytes } from 'node:crypto'

// Without vowels and look-alikes: an id is read aloud and typed.
const LETTERS = '23456789bcdfghjkmnpqrstvwxz'

/** Sortable by time (UTC) and readable: `20261124-150733-k3f9`. */
export function newRunId(now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  const tail = [...randomBytes(4)].map((byte) => LETTERS[byte % LETTERS.length]).join('')
  return `${stamp}-${tail}`
}
