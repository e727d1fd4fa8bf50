import { writeSync } from 'node:fs'

const maxWriteBytes = 1 << 30

/** Writes all bytes at a position of an open file, in as many calls as the system needs. */
export function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(fd, bytes, done, Math.min(maxWriteBytes, bytes.length - done), position + done)
  }
}
