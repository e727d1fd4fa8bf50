import { readFileSync, statSync } from 'node:fs'
import { fault } from '../../shared/domain/error.ts'

/** Text of an ordinary file of at most `most` bytes. Of others (a pipe, where nobody writes) a read may never end. */
export function readSmallText(file: string, most: number): string {
  const found = statSync(file)
  if (!found.isFile()) throw fault('bad-file', `${file} is no ordinary file.`)
  if (found.size > most) throw fault('bad-file', `${file} has ${found.size} bytes, at most ${most} are read.`)
  return readFileSync(file, 'utf8')
}
