import { readSync } from 'node:fs'
import { manyFaults } from './file-fault.ts'

/** One read call of the operating system moves less than 2 GiB. */
const maxReadBytes = 1 << 30

/** Fills `bytes` with what the file has from `position` on. */
export function fill(fd: number, path: string, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    const got = readSync(fd, bytes, done, Math.min(maxReadBytes, bytes.length - done), position + done)
    if (got === 0) {
      throw manyFaults('bad-file', path, [`no data at byte ${position + done}: the file shrank while it was read`], '')
    }
    done += got
  }
}
