import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import type { Executable } from '../../main/engine/ir/executable.ts'
import { entryValues } from '../../main/engine/train/initial-values.ts'
import type { Session } from '../../main/engine/train/session.ts'
import type { Trainable } from '../../main/engine/train/state.ts'
import { backends } from './backends.ts'
import { type GoldenCase, goldenCase } from './golden-case.ts'
import { relativeError } from './programs.ts'

const CASES = readdirSync(join(import.meta.dirname, 'golden'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
const TOLERANCE = { tensorflow: 1e-5, portable: 1e-4 } as const

/** The named entries of a state array of every trainable. */
function* entriesOf(executable: Executable, trainables: readonly Trainable[], of: 'variable' | 'first') {
  for (const trainable of trainables) {
    for (const [, packed] of executable.read([trainable[of].name])) {
      for (const entry of trainable.entries) yield [entry, entryValues(packed, trainable.variable, entry).data] as const
    }
  }
}

/** Trained values after all steps in float64. */
async function exactValues(golden: GoldenCase): Promise<Map<string, Float32Array>> {
  const session = await golden.open(referenceBackend)
  for (let step = 1; step <= golden.steps; step++) {
    await session.step([golden.batch], golden.config.learning_rate, step)
  }
  const entries = entriesOf(session.executable, session.layout.trainables, 'variable')
  return new Map([...entries].map(([entry, values]) => [golden.key(entry), values]))
}

const largestOf = (values: ArrayLike<number>) =>
  Array.from(values).reduce((most, one) => Math.max(most, Math.abs(one)), 0)

/**
 * Largest difference from PEFT beyond PEFT's own rounding error, relative to the tensor's largest value. Adam divides
 * gradients by their size, so an element whose gradient is as small as float32 noise is off by up to 1.5e-5 in PEFT
 * itself; the float64 run says by how much. Gradients that are nothing but noise (a key's bias does not change attention
 * at all) move their elements at random in every program and are left out.
 */
function excess(got: Float32Array, wanted: Float32Array, exact: Float32Array, gradient: Float32Array): number {
  const steepest = largestOf(gradient)
  const counts = (i: number) => Math.abs(gradient[i] as number) > 1e-6 * steepest
  const distance = (a: Float32Array, b: Float32Array) =>
    largestOf(a.map((value, i) => (counts(i) ? value - (b[i] as number) : 0)))
  return Math.max(0, distance(got, wanted) - distance(wanted, exact)) / largestOf(wanted)
}

describe.each(Object.keys(backends) as (keyof typeof backends)[])('transformers and PEFT against %s', (kind) => {
  describe.each(CASES)('%s', (name) => {
    const tolerance = TOLERANCE[kind]
    let golden: GoldenCase
    let session: Session
    beforeAll(async () => {
      golden = goldenCase(name)
      session = await golden.open(await backends[kind]())
    })
    const near = (got: ArrayLike<number>, tensor: string) =>
      expect(relativeError(got, golden.expected.readFloat32(tensor)), tensor).toBeLessThan(tolerance)

    it('gives the same logits and loss', async () => {
      near(await session.logits(golden.batch), 'logits')
      near([(await session.evaluate([golden.batch])).loss], 'loss')
    })

    it('gives the same gradients, five AdamW losses and trained values', async () => {
      const losses: number[] = []
      for (let step = 1; step <= golden.steps; step++) {
        losses.push((await session.step([golden.batch], golden.config.learning_rate, step)).loss)
        // After one step from zero moments exp_avg is (1 - beta1) times the gradient.
        if (step === 1) checkGradients()
      }
      near(losses, 'losses')
      const exact = await exactValues(golden)
      for (const [entry, values] of entriesOf(session.executable, session.layout.trainables, 'variable')) {
        const key = `after.${golden.key(entry)}`
        const wanted = golden.expected.readFloat32(key)
        const gradient = golden.expected.readFloat32(`grad.${golden.key(entry)}`)
        const inFloat64 = exact.get(golden.key(entry)) as Float32Array
        expect(excess(values, wanted, inFloat64, gradient), key).toBeLessThan(tolerance)
      }
    })

    // Full fine-tuning has nothing to merge.
    if (!name.endsWith('-full')) {
      it('merges to the same weights', async () => {
        const merger = await golden.openMerger(await backends[kind]())
        for (const { linear, weight, read } of golden.adapted()) {
          near(await merger.merge(linear, weight, read), `merged.${linear.module}.weight`)
        }
        merger.dispose()
      })
    }

    const checkGradients = () => {
      for (const [entry, values] of entriesOf(session.executable, session.layout.trainables, 'first')) {
        near(
          values.map((value) => value / 0.1),
          `grad.${golden.key(entry)}`,
        )
      }
    }
  })
})
