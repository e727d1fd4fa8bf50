import type { ErrorCode } from '../../shared/domain/error.ts'
import type { RunSummary } from '../../shared/domain/run.ts'

/** What the shell sees. */
export const EXIT = { fine: 0, failed: 1, usage: 2, interrupted: 130 } as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** A wrong configuration is the caller's to correct (2), everything else is a failure (1). */
export function exitCodeOfFault(code: ErrorCode): ExitCode {
  return code === 'bad-config' ? EXIT.usage : EXIT.failed
}

/** A run followed to its end. */
export function exitCodeOfRun({ status, error }: Pick<RunSummary, 'status' | 'error'>): ExitCode {
  if (status === 'finished') return EXIT.fine
  if (status === 'stopped') return EXIT.interrupted
  // Interrupted without an error: the host left, as it was told to.
  return status === 'interrupted' && error === null ? EXIT.interrupted : EXIT.failed
}
