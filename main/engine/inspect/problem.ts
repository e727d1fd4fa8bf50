import { type StudioErrorData, toErrorData } from '../../../shared/domain/error.ts'
import type { Problem } from '../../../shared/domain/model-facts.ts'
import { runConfigSchema } from '../../../shared/domain/run-config.ts'

const FIELDS: ReadonlySet<string> = new Set(Object.keys(runConfigSchema.shape))

/** A message that begins with the name of a setting is about that one, whatever was being looked at. */
function problemOf({ message, hint }: Pick<StudioErrorData, 'message' | 'hint'>, field: string): Problem {
  const named = message.slice(0, Math.max(0, message.indexOf(':')))
  return { field: FIELDS.has(named) ? named : field, message, hint }
}

/** {@link attempt} for work that takes time. */
export async function attemptAsync<T>(problems: Problem[], field: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    problems.push(problemOf(toErrorData(error), field))
    return null
  }
}

/** The answer of `work`, or what it threw as a problem of `field` added to `problems`. */
export function attempt<T>(problems: Problem[], field: string, work: () => T): T | null {
  try {
    return work()
  } catch (error) {
    problems.push(problemOf(toErrorData(error), field))
    return null
  }
}
