import { CALLS, type CallName } from '../../shared/contract.ts'
import { fault, type StudioErrorData, toErrorData } from '../../shared/domain/error.ts'
import { shown } from '../../shared/domain/shown.ts'
import type { Handlers } from './handlers.ts'
import { describeIssues } from './services/config-issues.ts'

type CallResult =
  | { readonly ok: true; readonly output: unknown }
  | { readonly ok: false; readonly error: StudioErrorData }

/** Answers any call from any front; never rejects. */
export type Dispatch = (name: string, input: unknown) => Promise<CallResult>

const isCallName = (name: string): name is CallName => Object.hasOwn(CALLS, name)

/** Checks input and output against the contract and turns whatever is thrown into error data. */
export function createDispatch(handlers: Handlers): Dispatch {
  async function answer(name: string, input: unknown): Promise<unknown> {
    if (!isCallName(name)) throw fault('not-found', `There is no call named ${shown(name)}.`)
    const parsed = CALLS[name].input.safeParse(input)
    if (!parsed.success) {
      const details = describeIssues(parsed.error, input)
      throw fault('bad-config', `${name}: ${details[0]}`, { details })
    }
    // The compiler cannot see that handler and input are of the same call; the schema above has just checked it.
    const handler = handlers[name] as (input: unknown) => unknown
    const output = CALLS[name].output.safeParse(await handler(parsed.data))
    if (output.success) return output.data
    throw new Error(
      `The answer to ${name} breaks the contract: ${describeIssues(output.error, undefined).slice(0, 3).join(' ')}`,
    )
  }
  return async (name, input) => {
    try {
      return { ok: true, output: await answer(name, input) }
    } catch (error) {
      if (process.env.DORA_DEBUG) console.error(error)
      return { ok: false, error: toErrorData(error) }
    }
  }
}
