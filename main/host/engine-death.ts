import { fault, type StudioErrorData } from '../../shared/domain/error.ts'

export type EngineExit = {
  readonly code: number | null
  readonly signal: string | null
  /** Last lines of its standard error. */
  readonly lines: readonly string[]
  readonly logFile: string
}

const MEMORY_CURE =
  'Close other programs, or lower per_device_train_batch_size, max_seq_length or r; then resume from the last checkpoint.'

function cause({ code, signal, lines }: EngineExit): { text: string; hint: string } {
  if (lines.some((line) => /heap out of memory|std::bad_alloc|Cannot allocate memory|OOM when allocating/.test(line))) {
    return { text: `ran out of memory and ended (${signal ?? `exit code ${code}`})`, hint: MEMORY_CURE }
  }
  if (signal === 'SIGKILL') {
    return { text: 'was ended from outside (signal SIGKILL), most likely because memory ran out', hint: MEMORY_CURE }
  }
  const how = signal ? `was ended by signal ${signal}` : `ended with exit code ${code}`
  return {
    text: `${how} before it reported a result`,
    hint: 'Resume from the last checkpoint or start again; if it happens again, run the Doctor.',
  }
}

/**
 * Stack frames of JavaScript and of Node's native report, and what V8 prints of its garbage collections; V8 may cut
 * those lines anywhere and run two into one.
 */
const TRACE =
  /^\s+at |^\s*\d+: 0x[0-9a-f]+ |^-+ .*stack ?trace -+$|\[\d+:0x[0-9a-f]+\]|Mark-Compact \(|average mu = |^<--- .* --->$/i

/** V8's last word may stand at the end of a collection line that was cut. */
const fromFatalError = (line: string) => line.slice(Math.max(0, line.indexOf('FATAL ERROR:')))

/** The readable account of an engine process that ended without saying how its job went. */
export function engineDeath(exit: EngineExit): StudioErrorData {
  const { text, hint } = cause(exit)
  // They say nothing to a user and would push out the line that does; the log keeps them.
  const said = exit.lines.map(fromFatalError).filter((line) => !TRACE.test(line))
  const details = [...said.slice(-10), `Full log: ${exit.logFile}`]
  return fault('engine-died', `The engine process ${text}.`, { hint, details, retryable: true }).data
}
