import { afterEach, expect, test } from 'vitest'
import type { Program } from '../../../../main/engine/ir/graph.ts'
import { neg, placeholder } from '../../../../main/engine/ops/index.ts'
import { refuseTooLarge } from '../../../../main/engine/train/refuse-too-large.ts'
import { MEMORY_LIMIT_VARIABLE } from '../../../../shared/domain/machine-settings.ts'
import { thrownBy } from '../thrown-by.ts'

const GIGA = 1e9
/** A gigabyte of state, and as much that is computed from it. */
const program: Program = {
  variables: [{ name: 'w', dtype: 'float32', shape: [GIGA / 4] }],
  signatures: {
    'eval:4x64x8': { inputs: {}, outputs: { y: neg(placeholder('x', 'float32', [GIGA / 4])) }, updates: [] },
  },
}

afterEach(() => {
  delete process.env[MEMORY_LIMIT_VARIABLE]
})
const refusal = (cardMemory?: number | null) =>
  thrownBy(() => refuseTooLarge(program, cardMemory === undefined ? {} : { cardMemory }))

test('on a GPU its own memory is what counts, and what the driver does not tell is no reason to refuse', () => {
  expect(refusal(1.5 * GIGA)).toMatchObject({
    code: 'out-of-memory',
    message:
      'This run needs about 2 GB of memory (1 GB for weights and optimizer, 1 GB for evaluating 4 rows of 64 tokens at once), 1.5 GB are free on the GPU.',
  })
  refuseTooLarge(program, { cardMemory: 3 * GIGA })
  refuseTooLarge(program, { cardMemory: null })
})

test('the limit of the user is held to, with all that the process takes', () => {
  process.env[MEMORY_LIMIT_VARIABLE] = String(2 * GIGA)
  const { message, hint } = refusal()
  expect(message).toMatch(/needs about 2\.\d+ GB of memory at its peak, and the limit set for this machine is 2 GB/)
  expect(hint).toContain('Raise the limit')
  // On a GPU the arrays are not in the machine's memory.
  refuseTooLarge(program, { cardMemory: 3 * GIGA })
  process.env[MEMORY_LIMIT_VARIABLE] = String(0.3 * GIGA)
  expect(refusal(3 * GIGA).message).toContain('the limit set for this machine is 300 MB')
})

test('a limit that is no size is said to be none', () => {
  process.env[MEMORY_LIMIT_VARIABLE] = '8GB'
  expect(refusal().message).toContain('DORA_MEMORY_LIMIT is "8GB", wanted bytes')
})
