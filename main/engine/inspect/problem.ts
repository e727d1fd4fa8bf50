import { type StudioErrorData, toErrorData } from '../../../shared/domain/error.ts'
import type { Problem } from '../../../shared/domain/model-facts.ts'

const problemOf = ({ message, hint }: Pick<StudioErrorData, 'message' | 'hint'>, field: string): Problem => ({
  field,
  message,
  hint,
})

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
