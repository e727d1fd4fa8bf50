import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../../../temporary-folder.ts'

/** Writes a file with any header, right or wrong; answers with its path. */
export function rawSafetensors(header: unknown, dataBytes: number): string {
  const path = join(temporaryFolder(), 'model.safetensors')
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  writeFileSync(path, Buffer.concat([length, json, Buffer.alloc(dataBytes)]))
  return path
}
