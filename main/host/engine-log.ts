import { createWriteStream } from 'node:fs'
import type { Readable } from 'node:stream'

const MAX_LOG_BYTES = 32 * 1024 * 1024
const KEPT_LINES = 60
const MAX_LINE = 500

export type EngineLog = {
  follow(stream: Readable): void
  /** The last lines written, for the error text of a death. */
  lastLines(): string[]
  end(): void
}

/** What an engine writes to its standard streams, appended to a file; a file that cannot be written loses only the log. */
export function createEngineLog(file: string): EngineLog {
  const output = createWriteStream(file, { flags: 'a' })
  output.on('error', () => {})
  output.write(`--- ${new Date().toISOString()}\n`)
  let bytes = 0
  let kept: string[] = []
  return {
    follow(stream) {
      let rest = ''
      stream.setEncoding('utf8')
      stream.on('data', (text: string) => {
        bytes += text.length
        if (bytes < MAX_LOG_BYTES) output.write(text)
        const lines = `${rest}${text}`.split(/\r?\n/)
        rest = (lines.pop() ?? '').slice(-MAX_LINE)
        kept = [...kept, ...lines.filter((line) => line.trim()).map((line) => line.slice(0, MAX_LINE))].slice(
          -KEPT_LINES,
        )
      })
      stream.on('end', () => {
        if (rest.trim()) kept = [...kept, rest].slice(-KEPT_LINES)
      })
    },
    lastLines: () => kept,
    end: () => void output.end(),
  }
}
