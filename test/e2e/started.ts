/** What a `beforeAll` or `beforeEach` has made. */
export function started<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('The studio is there once the tests run.')
  return part
}
