import { fstatSync } from 'node:fs'
import { manyFaults } from '../file-fault.ts'
import { fill } from '../fill-bytes.ts'

/** Reads an open file from its start on; `bad-file` faults where it ends too early or holds what cannot be. */
export type ByteReader = {
  readonly size: number
  /** Bytes read so far. */
  at(): number
  u8(): number
  u32(): number
  i32(): number
  f32(): number
  /** A 64-bit count or size of at most `most`; the fault names it as `what`. */
  u64(what: string, most: number): number
  string(): string
  complain(what: string): Error
}

const chunkBytes = 1 << 20
const MAX_STRING_BYTES = 50_000_000

export function byteReader(fd: number, path: string): ByteReader {
  const { size } = fstatSync(fd)
  let chunk = Buffer.alloc(0)
  let begin = 0
  let at = 0
  const complain = (what: string) =>
    manyFaults('bad-file', path, [what], 'Is this a GGUF file, and was it written or copied completely?')
  const take = (bytes: number): Buffer => {
    if (at + bytes > size) throw complain(`the file ends at byte ${size}, ${bytes} more were wanted at byte ${at}`)
    if (at + bytes > begin + chunk.length) {
      chunk = Buffer.alloc(Math.min(size - at, Math.max(chunkBytes, bytes)))
      begin = at
      fill(fd, path, chunk, begin)
    }
    at += bytes
    return chunk.subarray(at - bytes - begin, at - begin)
  }
  const u64 = (what: string, most: number) => {
    const value = take(8).readBigUInt64LE()
    if (value <= BigInt(most)) return Number(value)
    throw complain(`${what} is ${value}, wanted at most ${most}`)
  }
  return {
    size,
    at: () => at,
    u8: () => take(1).readUInt8(),
    u32: () => take(4).readUInt32LE(),
    i32: () => take(4).readInt32LE(),
    f32: () => take(4).readFloatLE(),
    u64,
    string: () => take(u64('the length of a text', MAX_STRING_BYTES)).toString('utf8'),
    complain,
  }
}
