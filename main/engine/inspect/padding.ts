import type { DataFacts } from '../../../shared/domain/data-facts.ts'
import { runConfigSchema } from '../../../shared/domain/run-config.ts'
import { inputLength, labelCount } from '../data/assemble.ts'
import { planBatches } from '../data/batches.ts'
import { packSamples } from '../data/pack-samples.ts'
import type { Sample } from '../data/samples.ts'

type Padding = NonNullable<NonNullable<DataFacts['lengths']>['padding']>

const { per_device_train_batch_size: batchSize } = runConfigSchema.shape
const options = { batchSize: batchSize.parse(undefined), accumulation: 1, seed: 0 }

/**
 * Share of positions that would be padding: all rows as long as the longest, in the batches of like lengths that a run
 * makes, and with samples packed into rows of `capacity` tokens. Null where there is nothing to train on.
 */
export function paddingOf(all: readonly Sample[], capacity: number): Padding | null {
  const samples = all.filter((sample) => labelCount(sample) > 0)
  const lengths = samples.map(inputLength)
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0)
  if (longest === 0) return null
  const total = lengths.reduce((sum, length) => sum + length, 0)
  return {
    longest: 1 - total / (longest * samples.length),
    buckets: planBatches(samples, options).paddingShare,
    packed: planBatches(packSamples(samples, capacity), options).paddingShare,
  }
}
