import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { entryValues } from '../../main/engine/train/initial-values.ts'
import type { Session } from '../../main/engine/train/session.ts'
import { noiseAllowance } from './adam-noise.ts'
import { backends } from './backends.ts'
import { type ExactRun, type ExactStep, exactRun } from './exact-run.ts'
import { type GoldenCase, goldenCase } from './golden-case.ts'
import { relativeError } from './programs.ts'

const CASES = readdirSync(join(import.meta.dirname, 'golden'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith('_'))
  .map(({ name }) => name)
const TOLERANCE = { tensorflow: 1e-5, portable: 1e-4 } as const

describe.each(CASES)('transformers and PEFT in float64 against the float64 interpreter: %s', (name) => {
  let golden: GoldenCase
  let run: ExactRun
  beforeAll(async () => {
    golden = goldenCase(name)
    run = await exactRun(golden)
  })

  it('has the same logits, loss, five AdamW losses and gradients, to rounding', () => {
    const { exact } = golden
    expect(relativeError(readable(golden, run.logits), readable(golden, exact('logits')))).toBeLessThan(1e-12)
    expect(relativeError([run.loss], exact('loss'))).toBeLessThan(1e-12)
    expect(relativeError(run.losses, exact('losses'))).toBeLessThan(1e-12)
    for (const [key, [first]] of run.steps) {
      expect(relativeError((first as ExactStep).gradient, exact(`grad.${key}`)), key).toBeLessThan(1e-12)
    }
  })

  it('has the same trained values after five AdamW steps', () => {
    // Gradients that are exactly zero are 1e-17 in both programs, and AdamW (epsilon 1e-8) makes 1e-10 of them.
    for (const [key, values] of run.after) {
      expect(relativeError(values, golden.exact(`after.${key}`)), key).toBeLessThan(1e-9)
    }
  })
})

/** Logits without those at padding: what a padded position sees of other padding is nobody's business. */
function readable({ batch, config }: GoldenCase, logits: Float64Array): Float64Array {
  const width = logits.length / batch.attentionMask.length
  if (config.task_type === 'SEQ_CLS') return logits
  return logits.filter((_, i) => batch.attentionMask[Math.floor(i / width)] === 1)
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
        if (step === 1) checkGradients()
      }
      near(losses, 'losses')
      const { steps } = await exactRun(golden)
      for (const [key, values] of trained('variable')) {
        const allowed = noiseAllowance(steps.get(key) as readonly ExactStep[], golden.config)
        expect(excess(values, golden.exact(`after.${key}`), allowed), key).toBeLessThan(tolerance)
      }
    })

    // Full fine-tuning has nothing to merge, and a prefix cannot be.
    if (!name.endsWith('-full') && !name.includes('-prefix')) {
      it('merges to the same weights', async () => {
        const merger = await golden.openMerger(await backends[kind]())
        for (const { linear, weight, read } of golden.adapted()) {
          near(await merger.merge(linear, weight, read), `merged.${linear.module}.weight`)
        }
        merger.dispose()
      })
    }

    /** Every trained array, or its first moment, by its key in files. */
    function* trained(of: 'variable' | 'first') {
      for (const trainable of session.layout.trainables) {
        for (const [, packed] of session.executable.read([trainable[of].name])) {
          for (const entry of trainable.entries) {
            yield [golden.key(entry), entryValues(packed, trainable.variable, entry).data] as const
          }
        }
      }
    }

    const checkGradients = () => {
      // After one step from zero moments exp_avg is (1 - beta1) times the gradient.
      for (const [key, values] of trained('first'))
        near(
          Float32Array.from(values, (value) => value / 0.1),
          `grad.${key}`,
        )
    }
  })
})

/** Largest difference beyond what float32 noise in the gradients allows each element, relative to the largest value. */
function excess(got: Float32Array, wanted: Float64Array, allowed: Float64Array): number {
  let [most, largest] = [0, 0]
  wanted.forEach((value, i) => {
    const beyond = Math.abs((got[i] as number) - value) - (allowed[i] as number)
    most = Number.isNaN(beyond) ? Number.POSITIVE_INFINITY : Math.max(most, beyond)
    largest = Math.max(largest, Math.abs(value))
  })
  return most / largest
}
