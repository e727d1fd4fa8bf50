import { StudioError, type StudioErrorData } from '../../../shared/domain/error.ts'

/** The data of the StudioError that `work` throws; anything else fails the test. */
export function thrownBy(work: () => unknown): StudioErrorData {
  try {
    work()
  } catch (error) {
    if (error instanceof StudioError) return error.data
    throw error
  }
  throw new Error('nothing was thrown')
}

export async function rejectionOf(work: Promise<unknown>): Promise<StudioErrorData> {
  const outcome = await work.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  )
  return thrownBy(() => {
    throw outcome
  })
}
