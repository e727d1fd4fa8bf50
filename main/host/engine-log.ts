import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { isLibraryNoise } from '../native/library-noise.ts'

const MAX_LOG_BYTES = 32 * 1024 * 1024
const KEPT_LINES = 60
/** In an error text, and in the file. */
const MAX_LINE = 500
const MAX_LOG_LINE = 64 * 1024

export type EngineLog = {
  follow(stream: Readable): void
  /** The last lines written, for the error text of a death. */
  lastLines(): string[]
  /** Settles once everything is in the file (or the file has failed); never rejects. */
  end(): Promise<void>
}

/** What an engine writes to its standard streams, appended to a file; a file that cannot be written loses only the log. */
export function createEngineLog(file: string): EngineLog {
  const output = createWriteStream(file, { flags: 'a' })
  output.on('error', () => {})
  output.write(`--- ${new Date().toISOString()}\n`)
  let bytes = 0
  let kept: string[] = []
  function take(line: string): void {
    if (isLibraryNoise(line)) return
    bytes += line.length + 1
    if (bytes < MAX_LOG_BYTES) output.write(`${line}\n`)
    if (line.trim()) kept = [...kept, line.slice(0, MAX_LINE)].slice(-KEPT_LINES)
  }
  return {
    follow(stream) {
      let rest = ''
      stream.setEncoding('utf8')
      stream.on('data', (text: string) => {
        const lines = `${rest}${text}`.split(/\r?\n/)
        rest = lines.pop() ?? ''
        for (const line of lines) take(line)
        // A line without an end must not fill the memory.
        if (rest.length > MAX_LOG_LINE) {
          take(rest)
          rest = ''
        }
      })
      stream.on('end', () => {
        if (rest.trim()) take(rest)
      })
    },
    lastLines: () => kept,
    // The callback also comes for a stream that has failed.
    end: () => new Promise((resolve) => output.end(() => resolve())),
  }
}
