import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../../temporary-folder.ts'

/** Writes rows (objects as JSON, texts as they are) one a line; answers with the path. */
export function rowFile(rows: readonly unknown[], name = 'rows.jsonl'): string {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join(''))
  return path
}
