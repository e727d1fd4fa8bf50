import { z } from 'zod'

/** What kind of fault it is; `retryable` ones may go away by themselves, the others need a change by the user. */
export const ERROR_CODES = [
  'bad-config',
  'bad-file',
  'bad-tensor',
  'bad-data',
  'unsupported-model',
  'out-of-memory',
  'diverged',
  'disk',
  'native',
  'engine-died',
  'not-found',
  'network',
  'conflict',
  'refused',
  'internal',
] as const
export type ErrorCode = (typeof ERROR_CODES)[number]

export const studioErrorSchema = z.object({
  code: z.enum(ERROR_CODES),
  /** What failed, where, got and wanted: one or two sentences a user can read. */
  message: z.string(),
  /** What to do about it. */
  hint: z.string().default(''),
  /** Every single fault when there are several (file, row or tensor each). */
  details: z.array(z.string()).default([]),
  retryable: z.boolean().default(false),
})
export type StudioErrorData = z.infer<typeof studioErrorSchema>

/** The one error type that crosses processes; build it with {@link fault}. */
export class StudioError extends Error {
  readonly data: StudioErrorData
  constructor(data: StudioErrorData) {
    super(data.message)
    this.name = 'StudioError'
    this.data = data
  }
}

export type FaultOptions = { hint?: string; details?: string[]; retryable?: boolean }

/** `throw fault('bad-file', 'config.json: …', { hint: '…' })` */
export function fault(code: ErrorCode, message: string, options: FaultOptions = {}): StudioError {
  return new StudioError({ code, message, hint: '', details: [], retryable: false, ...options })
}

const FULL = 'Free some space, then try again.'
const DENIED = 'Give your user access to it, or choose another folder.'
/** What the operating system refuses is the user's to change, wherever it came up. */
const SYSTEM_CURES: Readonly<Record<string, string>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: 'The file system is read-only; choose another folder.',
  EIO: 'Check the disk.',
}

function systemCure(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('syscall' in thrown) || !('code' in thrown)) return undefined
  return SYSTEM_CURES[String(thrown.code)]
}

/**
 * Turns whatever was thrown into data for the wire: refusals of the operating system become `disk`, unknown errors
 * `internal`; both keep their message, not their stack.
 */
export function toErrorData(thrown: unknown): StudioErrorData {
  if (thrown instanceof StudioError) return thrown.data
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const cure = systemCure(thrown)
  if (cure !== undefined) {
    return { code: 'disk', message: `${message}.`, hint: cure, details: [], retryable: cure === FULL }
  }
  return {
    code: 'internal',
    message,
    hint: 'This is a fault of the studio; please report it.',
    details: [],
    retryable: false,
  }
}

/** For `switch` on a union: a forgotten case does not compile. */
export function assertNever(value: never, what: string): never {
  throw new Error(`${what}: unexpected ${JSON.stringify(value)}`)
}
