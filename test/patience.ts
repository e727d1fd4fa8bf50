/**
 * The longest a test waits for one thing: for a machine that does much else at the same time. A wait ends when what it waits
 * for is there, so a sound program pays nothing for it.
 */
export const PATIENCE_MS = 180_000

/** For a whole test with a window or a browser, and engines. */
export const WINDOW_TEST_MS = 4 * PATIENCE_MS
