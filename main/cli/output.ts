import { StudioError, type StudioErrorData, toErrorData } from '../../shared/domain/error.ts'

export type Output = {
  readonly json: boolean
  /** Standard output is a terminal and not asked for machine-readable lines: bars may be drawn. */
  readonly interactive: boolean
  /** Standard error is a terminal: one line of it may be drawn over, whatever becomes of standard output. */
  readonly drawsProgress: boolean
  /** For people; silent with --json. */
  line(text: string): void
  /** For machines; silent without --json. One object a line. */
  record(value: unknown): void
  /** Goes to standard error: what the user should know but a pipe should not get. */
  note(text: string): void
  fault(thrown: unknown): StudioErrorData
}

/** A fault as written text: message, every single fault, what to do. Never a stack. */
export function faultText({ message, hint, details }: StudioErrorData): string {
  const others = details.length === 1 ? details.filter((detail) => !message.includes(detail)) : details
  return [
    `Error: ${message}`,
    ...others.map((detail) => `  - ${detail}`),
    ...(hint ? [`What to do: ${hint}`] : []),
  ].join('\n')
}

/** Standard output and error of a command. */
export function createOutput(json: boolean): Output {
  const write = (text: string) => void process.stdout.write(`${text}\n`)
  const note = (text: string) => void process.stderr.write(`${text}\n`)
  return {
    json,
    interactive: !json && process.stdout.isTTY === true,
    drawsProgress: process.stderr.isTTY === true,
    line: (text) => (json ? undefined : write(text)),
    record: (value) => (json ? write(JSON.stringify(value)) : undefined),
    note,
    fault(thrown) {
      const data = toErrorData(thrown)
      if (json) write(JSON.stringify({ error: data }))
      note(faultText(data))
      if (process.env.DORA_DEBUG && thrown instanceof Error) note(thrown.stack ?? '')
      else if (!(thrown instanceof StudioError)) note('Set DORA_DEBUG=1 to see where it happened.')
      return data
    },
  }
}
