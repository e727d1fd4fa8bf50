import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { PATIENCE_MS } from './patience.ts'

const UNIT = ['test/layers.test.ts', 'test/unit/**/*.test.{ts,tsx}']
/** Measures the heap of its own process, which is to hold nothing else. */
const ALONE = ['test/unit/host/memory.test.ts']

/**
 * Unit tests share two processes, so that Node, vitest and the modules are loaded twice and not once a file: that was half of
 * what they cost. A file must therefore leave nothing behind: mocks and variables of the environment are put back before every test.
 */
const shared = {
  extends: true as const,
  test: { name: 'unit', include: UNIT, exclude: ALONE, isolate: false, restoreMocks: true, unstubEnvs: true },
}

/** What loads TensorFlow, starts processes and measures memory has a process a file. */
const isolated = {
  extends: true as const,
  test: {
    name: 'whole',
    include: ['test/!(unit)/**/*.test.{ts,tsx}', ...ALONE],
    globalSetup: ['test/reference/global-setup.ts'],
  },
}

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    // Native TensorFlow does not share a process with a second copy of itself in a worker thread.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: PATIENCE_MS,
    hookTimeout: PATIENCE_MS,
    expect: { poll: { timeout: PATIENCE_MS } },
    env: { TF_CPP_MIN_LOG_LEVEL: '2' },
    projects: [shared, isolated],
  },
})
