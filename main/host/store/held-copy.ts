import { closeSync, openSync, rmSync, statSync } from 'node:fs'

/** A copy that has not grown for this long was left behind by a process that died. */
const STALE_MS = 10_000
const LOOK_AGAIN_MS = 20

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_AGAIN_MS)
}

/** Makes an empty file, or says that there is one already. */
function makeNew(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx'))
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/**
 * Makes the empty file that only one process may fill, and says whether it did; where another is at it, waits until that one
 * has moved it away, and says false.
 */
export function holdCopy(path: string): boolean {
  if (makeNew(path)) return true
  for (;;) {
    const found = statSync(path, { throwIfNoEntry: false })
    if (!found) return false
    if (Date.now() - found.mtimeMs > STALE_MS) {
      rmSync(path, { force: true })
      return makeNew(path)
    }
    pause()
  }
}
