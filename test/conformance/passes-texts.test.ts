import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import type { Backend } from '../../main/engine/ir/executable.ts'
import type { Shape } from '../../main/engine/ir/graph.ts'
import { knownPasses } from './pass-programs.ts'
import { samples } from './programs.ts'
import { rawProgram } from './raw-passes.ts'

let backend: Backend
beforeAll(async () => {
  backend = await tensorflowBackend()
  await knownPasses()
})

async function run(text: string, shapes: readonly Shape[] = [[4, 8]], results: readonly Shape[] = [[4, 8]]) {
  const executable = await backend.compile(rawProgram(text, shapes, results))
  try {
    return await executable.run('main', samples(shapes))
  } finally {
    executable.dispose()
  }
}

/** Rank, rows, width, inputs, constants, steps; the one that is right is y = -x. */
const RIGHT = '1 4 8 1 wide 8 0 1 neg 0 -1 0'
const NARROW = '1 4 1 1 narrow 1 0 1 neg 0 -1 0'
const HUGE = 2 ** 40

/** What is wrong, and what the message must say of it. */
const WRONG: Readonly<Record<string, readonly [text: string, says: RegExp]>> = {
  'an empty text': ['', /got ''|ends too early/],
  'a text that ends early': ['1 4 8 1 wide 8 0 1 neg 0 -1', /ends too early|got ''/],
  'a text that ends within the space': ['2 4', /ends too early|got ''/],
  'words behind its end': [`${RIGHT} 7`, /the end of the program, got '7'/],
  'a word where a number belongs': ['1 four 8 1 wide 8 0 1 neg 0 -1 0', /a whole number, got 'four'/],
  'a number with a tail': ['1 4x 8 1 wide 8 0 1 neg 0 -1 0', /a whole number, got '4x'/],
  'a number beyond every bound': ['1 99999999999999999999 8 1 wide 8 0 1 neg 0 -1 0', /got '9{20}'/],
  'no rows': ['1 0 8 1 wide 8 0 1 neg 0 -1 0', /got '0'/],
  'more axes than there may be': ['9 1 1 1 1 1 1 1 1 4 8 1 wide 8 0 1 neg 0 -1 0', /got '9'/],
  'no axes': ['0 8 1 wide 0 1 neg 0 -1 0', /got '0'/],
  'a negative axis': ['1 -4 8 1 wide 8 0 1 neg 0 -1 0', /got '-4'/],
  'axes whose product overflows': [`3 ${HUGE} ${HUGE} 4 8 1 wide 8 8 8 0 1 neg 0 -1 0`, /fewer rows/],
  'rows whose numbers overflow': [`1 ${HUGE} 16777216 1 wide 8 0 1 neg 0 -1 0`, /fewer numbers/],
  'strides whose reach overflows': [`1 1048576 8 1 wide ${HUGE} 0 1 neg 0 -1 0`, /a smaller stride/],
  'a negative stride': ['1 4 8 1 wide -8 0 1 neg 0 -1 0', /got '-8'/],
  'an input of no known kind': ['1 4 8 1 broad 8 0 1 neg 0 -1 0', /wide or narrow, got 'broad'/],
  'an input of bfloat16 before one of float32': [
    '1 4 8 2 wideHalf 8 wide 8 0 1 neg 0 -1 0',
    /inputs of bfloat16 last, got 'wide'/,
  ],
  'an output of bfloat16 that is none': ['1 4 8 1 wide 8 0 1 halve 0 -1 -1', /an output for, got 'halve'/],
  'a step that reads what is an output of bfloat16 alone': [
    '1 4 8 1 wide 8 0 2 halve 0 -1 0 neg 1 -1 0',
    /rows to read, got 'an output alone'/,
  ],
  'outputs of bfloat16 out of order': ['1 4 8 1 wide 8 0 2 halve 0 -1 1 halve 0 -1 0', /outputs in order/],
  'an input of bfloat16 where the node has float32': ['1 4 8 1 wideHalf 8 0 1 neg 0 -1 0', /of other types/],
  'an output of bfloat16 where the node has float32': ['1 4 8 1 wide 8 0 1 halve 0 -1 0', /of other types/],
  'no inputs': ['1 4 8 0 0 1 neg 0 -1 0', /got '0'/],
  'more inputs than there may be': ['1 4 8 5000 wide 8 0 1 neg 0 -1 0', /got '5000'/],
  'more constants than there may be': ['1 4 8 1 wide 8 5000 0 1 neg 0 -1 0', /got '5000'/],
  'more steps than there may be': ['1 4 8 1 wide 8 0 5000 neg 0 -1 0', /got '5000'/],
  'no steps': ['1 4 8 1 wide 8 0 0', /got '0'/],
  'no output': ['1 4 8 1 wide 8 0 1 neg 0 -1 -1', /an output, got 'none'/],
  'an operation that is unknown': ['1 4 8 1 wide 8 0 1 cosh 0 -1 0', /an operation, got 'cosh'/],
  'an operand that is not there': ['1 4 8 1 wide 8 0 1 neg 1 -1 0', /got '1'/],
  'an operand that is the step itself': ['1 4 8 1 wide 8 0 2 neg 0 -1 -1 add 1 2 0', /got '2'/],
  'a negative operand': ['1 4 8 1 wide 8 0 1 neg -1 -1 0', /got '-1'/],
  'one operand where two belong': ['1 4 8 1 wide 8 0 1 add 0 -1 0', /got '-1'/],
  'outputs out of order': ['1 4 8 1 wide 8 0 2 neg 0 -1 1 abs 0 -1 0', /outputs in order/],
  'an output twice': ['1 4 8 1 wide 8 0 2 neg 0 -1 0 abs 0 -1 0', /outputs in order/],
  'a sum of what is one number': ['1 4 8 1 narrow 1 0 1 sum 0 -1 0', /a whole row for, got 'sum'/],
  'softmax of a constant': ['1 4 8 1 wide 8 1 0 1 softmax 1 -1 0', /a whole row for, got 'softmax'/],
  'an odd count to turn': ['1 4 8 1 wide 8 0 1 rotateHalf 0 3 0', /an even count to turn/],
  'more to turn than there is': ['1 4 8 1 wide 8 0 1 rotateHalf 0 10 0', /got '10'/],
}

describe('the text of a chain of passes', () => {
  it('is carried out where it is right', async () => {
    const { x0 } = samples([[4, 8]]) as { x0: Float32Array }
    expect((await run(RIGHT)).y0).toEqual(x0.map((x) => -x))
    expect((await run(NARROW, [[4, 1]], [[4, 1]])).y0).toHaveLength(4)
  })

  it.each(Object.entries(WRONG))('is refused with its fault told: %s', async (_, [text, says]) => {
    await expect(run(text)).rejects.toThrow(says)
    await expect(run(text)).rejects.toThrow('DoraPasses')
  })

  it('is refused where the node has other inputs or outputs', async () => {
    await expect(
      run(RIGHT, [
        [4, 8],
        [4, 8],
      ]),
    ).rejects.toThrow('other inputs or outputs')
    await expect(
      run(
        RIGHT,
        [[4, 8]],
        [
          [4, 8],
          [4, 8],
        ],
      ),
    ).rejects.toThrow('other inputs or outputs')
  })

  it('is refused where an input is smaller than what it reads', async () => {
    await expect(run(RIGHT, [[4, 7]])).rejects.toThrow('input 0 is too small')
    await expect(run('1 4 8 1 wide 9 0 1 neg 0 -1 0')).rejects.toThrow('input 0 is too small')
  })
})

// macOS bounds no address space.
it.runIf(process.platform === 'linux')(
  'a chain and attention that get no scratch memory fail with a text, and the process goes on',
  () => {
    const script = join(import.meta.dirname, 'exhausted-run.ts')
    const { stdout, stderr, status } = spawnSync(process.execPath, [script], { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    const messages = JSON.parse(stdout.trim().split('\n').at(-1) as string) as string[]
    for (const message of messages.slice(0, 3)) expect(message).toContain('Not enough memory for main')
    expect(messages[0]).toMatch(/DoraPasses: OOM when allocating \d+ bytes of scratch/)
    expect(messages[1]).toMatch(/DoraAttention: OOM when allocating \d+ bytes of scratch/)
    expect(messages[2]).toMatch(/DoraAttentionGrad: OOM when allocating \d+ bytes of scratch/)
    expect(messages[3]).toBe('still computes')
  },
)
