import { type ErrorCode, fault, type StudioError } from '../../../shared/domain/error.ts'

const reasons: Readonly<Record<string, readonly [code: ErrorCode, reason: string, hint: string]>> = {
  ENOENT: ['bad-file', 'there is no such file or folder', 'Check the path.'],
  ENOTDIR: ['bad-file', 'part of the path is a file, not a folder', 'Check the path.'],
  EEXIST: ['conflict', 'a file of this name is in the way', 'Choose another name.'],
  EISDIR: ['bad-file', 'this is a folder, wanted a file', 'Check the path.'],
  EACCES: ['disk', 'permission denied', 'Give your user access to it, or choose another folder.'],
  EPERM: ['disk', 'operation not permitted', 'Give your user access to it, or choose another folder.'],
  EROFS: ['disk', 'the file system is read-only', 'Choose another folder.'],
  ENOSPC: ['disk', 'the disk is full', 'Free some space, then try again.'],
  EDQUOT: ['disk', 'the disk quota is used up', 'Free some space, then try again.'],
  EFBIG: ['disk', 'the file is larger than this file system allows', 'Choose another file system.'],
  EMFILE: ['disk', 'too many files are open', 'Raise the limit of open files (ulimit -n).'],
  EIO: ['disk', 'the disk reported an input/output error', 'Check the disk.'],
}

/** What the operating system said about a path, as a `bad-file` or `disk` fault; any other error is passed on as it is. */
export function fileFault(error: unknown, path: string): unknown {
  const code = errorCode(error)
  if (code === undefined) return error
  const [kind, reason, hint] = reasons[code] ?? ['disk', (error as Error).message, '']
  const place = 'path' in (error as object) ? (error as NodeJS.ErrnoException).path : path
  return fault(kind, `${place}: ${reason}.`, { hint, retryable: code === 'ENOSPC' || code === 'EDQUOT' })
}

/** Runs `work`; faults of the operating system name the path. */
export function onFile<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw fileFault(error, path)
  }
}

const limits = { faults: 20, characters: 500 }

/** One error for many complaints about a file: the first in the message, the first twenty in the details, the rest counted. */
export function manyFaults(code: ErrorCode, path: string, complaints: readonly string[], hint: string): StudioError {
  const rest = complaints.length - 1
  const more = rest > 0 ? ` (and ${rest} more ${rest > 1 ? 'faults' : 'fault'})` : ''
  const left = complaints.length - limits.faults
  const details = [...complaints.slice(0, limits.faults).map(cut), ...(left > 0 ? [`… and ${left} more`] : [])]
  return fault(code, `${path}: ${cut(complaints[0] ?? '')}${more}.`, { hint, details })
}

/** Names and values in a complaint come from strangers' files. */
const cut = (text: string) => (text.length > limits.characters ? `${text.slice(0, limits.characters)}…` : text)

function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
