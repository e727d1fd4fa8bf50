import { describe, expect, it } from 'vitest'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import type { Backend } from '../../main/engine/ir/executable.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import { backends } from './backends.ts'
import { goldenCase } from './golden-case.ts'
import { relativeError } from './programs.ts'

/** One case of each kind of layer, and of what may be captured by one: biases, packed weights, shared projections. */
const CASES = [
  'llama-dora',
  'llama-full',
  'llama-vera',
  'gemma3-dora',
  'phi3-dora-fused',
  'gpt2-full',
  'bert-dora-tokens',
]

/** Losses of three steps, and the running means of all gradients. */
async function trained(name: string, backend: Backend, extra: Partial<RunConfig>) {
  const golden = goldenCase(name, extra)
  const session = await golden.open(backend)
  const losses: number[] = []
  for (let step = 1; step <= 3; step++) {
    losses.push((await session.step([golden.batch], golden.config.learning_rate, step)).loss)
  }
  const names = session.layout.trainables.map(({ first }) => first.name)
  const state = [...session.executable.read(names)].map(([key, values]) => [key, values.slice()] as const)
  session.executable.dispose()
  return new Map<string, ArrayLike<number>>([['losses', losses], ...state])
}

/** TensorFlow fuses nodes as it sees fit, which rounds differently; the others go node by node. */
const TOLERANCE = { tensorflow: 1e-5, portable: 0, reference: 0 } as const
const opened = { ...backends, reference: async () => referenceBackend }

describe.each(Object.keys(opened) as (keyof typeof opened)[])('gradient checkpointing on the %s backend', (kind) => {
  const compare = async (name: string, extra: Partial<RunConfig>) => {
    const backend = await opened[kind]()
    const plain = await trained(name, backend, extra)
    const repeated = await trained(name, backend, { ...extra, gradient_checkpointing: true })
    for (const [key, values] of plain) {
      expect(relativeError(repeated.get(key) as ArrayLike<number>, values), key).toBeLessThanOrEqual(TOLERANCE[kind])
    }
  }

  it.each(CASES)('trains the same: %s', (name) => compare(name, {}))

  it('repeats what dropout dropped', () => compare('llama-dora', { lora_dropout: 0.3 }))
})
