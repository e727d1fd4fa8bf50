/**
 * Flags of a Node process that computes: V8's space for new objects stays at 2 x 8 MB. Left alone it grows to 128 MB while the
 * graph is built, and keeps them through all the steps, which make next to no objects.
 */
export const LEAN_HEAP: readonly string[] = ['--max-semi-space-size=8']
