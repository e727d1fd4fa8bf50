import { readFileSync, statSync } from 'node:fs'
import { fault } from '../../../shared/domain/error.ts'
import { onFile } from './file-fault.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** Reads a UTF-8 file of at most `maxBytes`; `bad-file` faults name the file, what was got and what was wanted. */
export function readTextFile(path: string, maxBytes: number): string {
  return onFile(path, () => {
    const { size } = statSync(path)
    if (size > maxBytes) throw fault('bad-file', `${path}: the file has ${size} bytes, at most ${maxBytes} are read.`)
    const bytes = readFileSync(path)
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    } catch {
      throw fault('bad-file', `${path}: the file is not UTF-8 text.`, { hint: 'Save it as UTF-8.' })
    }
  })
}

/** Reads a file that must hold one JSON object. */
export function readJsonObject(path: string, maxBytes: number): JsonObject {
  const text = readTextFile(path, maxBytes)
  const hint = 'The file is damaged or is something else; download or write it again.'
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw fault('bad-file', `${path}: not valid JSON: ${error instanceof Error ? error.message : error}.`, { hint })
  }
  if (isJsonObject(value)) return value
  const got = Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`
  throw fault('bad-file', `${path}: it holds ${got}, wanted a JSON object.`, { hint })
}

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
