import { describe, expect, it } from 'vitest'
import type { Batch } from '../../../../main/engine/data/batches.ts'
import { pearson, ranks, tallyFor } from '../../../../main/engine/train/evaluation.ts'
import { runConfigSchema } from '../../../../shared/domain/run-config.ts'

const configFor = (extra: Parameters<typeof runConfigSchema.parse>[0]) =>
  runConfigSchema.parse({ model_name_or_path: 'm', train_file: 't', ...(extra as object) })

/** A batch of label slots, of which the last is filler. */
function batchOf(targets: readonly number[], values?: readonly number[]): Batch {
  const slots = targets.length + 1
  return {
    shape: { batch: targets.length, length: 8, labels: slots },
    inputIds: new Int32Array(8),
    attentionMask: new Int32Array(8),
    labelPositions: new Int32Array(slots),
    labelTargets: Int32Array.from([...targets, 0]),
    labelWeights: Float32Array.from({ length: slots }, (_, i) => (i < targets.length ? 1 : 0)),
    labelRows: Int32Array.from({ length: slots }, (_, i) => Math.floor(i / 2)),
    tokens: 8,
    labelCount: targets.length,
    rows: Math.ceil(targets.length / 2),
    ...(values && {
      extra: { labelValues: Float32Array.from([...values, ...values.slice(0, values.length / targets.length)]) },
    }),
  }
}

describe('an evaluation', () => {
  it('counts rows of a language model as right when every token is, and gives its perplexity', () => {
    const tally = tallyFor(configFor({}))
    tally.add(batchOf([1, 2, 3, 4]), { lossSum: Float32Array.of(8), hits: Float32Array.of(1, 1, 1, 0, 0) })
    expect(tally.result()).toEqual({ loss: 2, accuracy: 0.5, perplexity: Math.exp(2) })
  })

  it('gives accuracy and macro F1 of classes over all batches', () => {
    const tally = tallyFor(configFor({ task_type: 'SEQ_CLS' }))
    tally.add(batchOf([0, 0, 1]), { lossSum: Float32Array.of(1), predicted: Int32Array.of(0, 1, 1, 0) })
    tally.add(batchOf([2]), { lossSum: Float32Array.of(1), predicted: Int32Array.of(1, 0) })
    const { accuracy, f1 } = tally.result()
    expect(accuracy).toBe(0.5)
    // Class 0: 2 / (1 + 2), class 1: 2 / (3 + 1), class 2: 0.
    expect(f1).toBeCloseTo((2 / 3 + 1 / 2 + 0) / 3, 12)
  })

  it('judges each answer of many-label rows', () => {
    const tally = tallyFor(configFor({ task_type: 'SEQ_CLS', problem_type: 'multi_label_classification' }))
    tally.add(batchOf([0, 0], [1, 0, 1, 1]), {
      lossSum: Float32Array.of(1),
      scores: Float32Array.of(2, -1, 1, -3, 0, 0),
    })
    expect(tally.result()).toEqual({ loss: 0.5, accuracy: 0.5, f1: 0.5 })
  })

  it('gives correlations, and none where nothing varies', () => {
    const tally = tallyFor(configFor({ task_type: 'SEQ_CLS', problem_type: 'regression' }))
    tally.add(batchOf([0, 0, 0], [1, 2, 4]), { lossSum: Float32Array.of(3), scores: Float32Array.of(1, 3, 2, 9) })
    const { pearson: linear, spearman } = tally.result()
    expect(linear).toBeCloseTo(0.3273268, 6)
    expect(spearman).toBeCloseTo(0.5, 12)
    const flat = tallyFor(configFor({ task_type: 'SEQ_CLS', problem_type: 'regression' }))
    flat.add(batchOf([0, 0], [1, 2]), { lossSum: Float32Array.of(2), scores: Float32Array.of(5, 5, 0) })
    expect(flat.result()).toEqual({ loss: 1 })
  })

  it('shares ranks among equal values', () => {
    expect(ranks([3, 1, 3, 2])).toEqual([3.5, 1, 3.5, 2])
    expect(pearson([1, 2, 3], [2, 4, 6])).toBeCloseTo(1, 12)
  })
})
