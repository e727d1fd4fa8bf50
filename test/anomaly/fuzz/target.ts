import { StudioError } from '../../../shared/domain/error.ts'
import { type Mutator, nestDeeply, spoilBytes, spoilJson, spoilLines } from './mutate.ts'

/** A reader of files, and how the files are spoiled that it is given. */
export type FuzzTarget = {
  readonly name: string
  /** Writes sound files into an empty folder; answers with the one that will be spoiled. */
  readonly prepare: (folder: string) => string | Promise<string>
  readonly mutators: readonly Mutator[]
  /** Reads as the studio does; refuses by throwing a StudioError. */
  readonly read: (file: string) => void | Promise<void>
  /** What a refusal must name beside the file or its folder: fields of a run file, or a part of it. */
  readonly places?: RegExp
}

export const json: readonly Mutator[] = [spoilJson, spoilJson, spoilJson, spoilBytes, nestDeeply]
export const text: readonly Mutator[] = [
  ...Array<Mutator>(5).fill(spoilBytes),
  ...Array<Mutator>(4).fill(spoilLines),
  nestDeeply,
]

/** Why a thrown value is no written refusal; null where it is one. */
export function complaintAbout(thrown: unknown, folder: string, { places }: FuzzTarget): string | null {
  if (!(thrown instanceof StudioError))
    return `not a written refusal: ${thrown instanceof Error ? thrown.stack : thrown}`
  const { code, message } = thrown.data
  if (code === 'internal' || message.trim() === '') return `no reason given: ${message}`
  if (message.length > 5000) return `${message.length} characters of message`
  return message.includes(folder) || places?.test(message) ? null : `no place named: ${message}`
}
