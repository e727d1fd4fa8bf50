import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'

/** Refuses a folder to write to that is not new or empty. */
export async function checkTarget(folder: string): Promise<void> {
  if (!isAbsolute(folder)) throw fault('bad-config', `folder: ${folder} is not an absolute path.`)
  if (!existsSync(folder)) return
  const names = await readdir(folder).catch(() => undefined)
  if (names === undefined) {
    throw fault('conflict', `${folder} is a file; wanted a new or an empty folder.`, { hint: 'Choose another name.' })
  }
  if (names.length > 0) {
    throw fault('conflict', `${folder} is not empty (${names.length} entries).`, {
      hint: 'Choose a new folder; an export never overwrites files.',
    })
  }
}
