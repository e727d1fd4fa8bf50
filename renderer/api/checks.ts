import type { z } from 'zod'
import { CALLS, type CallName, type Calls } from '../../shared/contract.ts'
import { fault, type StudioError } from '../../shared/domain/error.ts'

type Issue = { readonly path: readonly PropertyKey[]; readonly message: string }

const issueLine = ({ path, message }: Issue): string => (path.length === 0 ? message : `${path.join('.')}: ${message}`)

/** The host said something the contract does not know. */
export function mismatchFault(what: string, error: z.ZodError): StudioError {
  return fault('internal', `${what} is not what this page expects.`, {
    hint: 'Page and host seem to be of different versions: reload the page.',
    details: error.issues.map(issueLine),
  })
}

/** Checked input of a call; all faults at once. */
export function checkInput<K extends CallName>(name: K, input: unknown): z.output<Calls[K]['input']> {
  const parsed = CALLS[name].input.safeParse(input)
  if (parsed.success) return parsed.data as z.output<Calls[K]['input']>
  throw fault('bad-config', 'Some values cannot be used.', { details: parsed.error.issues.map(issueLine) })
}

/** Checked output of a call. */
export function checkOutput<K extends CallName>(name: K, output: unknown): z.output<Calls[K]['output']> {
  const parsed = CALLS[name].output.safeParse(output)
  if (parsed.success) return parsed.data as z.output<Calls[K]['output']>
  throw mismatchFault(`The answer to ${name}`, parsed.error)
}
