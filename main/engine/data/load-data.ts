import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { type Batch, type BatchPlan, type EvalPlan, evalBatches, planBatches } from './batches.ts'
import { dataHash, loadSamples, type SampleSet } from './samples.ts'
import { openTokenizer } from './tokenizer.ts'

/** All data of a run, ready to be batched. */
export type RunData = {
  readonly train: BatchPlan
  readonly validation: EvalPlan | null
  readonly test: EvalPlan | null
  /** Rows used of each file. */
  readonly rows: { readonly train: number; readonly validation: number; readonly test: number }
  readonly truncatedRows: number
  readonly hash: string
}

/** Evaluation has no backward pass to save on, so fewer graphs are worth a little more padding. */
const EVAL_SHAPES = 2

/** Reads, tokenises and plans the data files of a run; faults name file and row. */
export function loadData(config: RunConfig, model: { vocabSize: number; maxPositions: number }): RunData {
  const tokenizer = openTokenizer(config.model_name_or_path)
  const options = { ...config, max_seq_length: Math.min(config.max_seq_length, model.maxPositions) }
  const load = (file: string | null) => (file === null ? null : loadSamples(file, tokenizer, model.vocabSize, options))
  const [train, validation, test] = [
    load(config.train_file) as SampleSet,
    load(config.validation_file),
    load(config.test_file),
  ]
  const evaluation = (set: SampleSet | null) =>
    set && evalBatches(set.samples, { batchSize: config.per_device_eval_batch_size, maxShapes: EVAL_SHAPES })
  return {
    train: planBatches(train.samples, {
      batchSize: config.per_device_train_batch_size,
      accumulation: config.gradient_accumulation_steps,
      seed: config.seed,
    }),
    validation: evaluation(validation),
    test: evaluation(test),
    rows: { train: train.samples.length, validation: validation?.samples.length ?? 0, test: test?.samples.length ?? 0 },
    truncatedRows: train.truncated + (validation?.truncated ?? 0) + (test?.truncated ?? 0),
    hash: dataHash([config.train_file, config.validation_file, config.test_file]),
  }
}

/**
 * A few rows of the run's data (validation if there is any), one a batch, cut at `positions`: for comparing two models.
 * Short batches take the factored way of multiplying, so a merged weight is held against arithmetic other than its own.
 */
export function loadPrompts(
  config: RunConfig,
  { vocabSize, maxPositions }: { vocabSize: number; maxPositions: number },
  rows: number,
  positions: number,
): Batch[] {
  const tokenizer = openTokenizer(config.model_name_or_path)
  const options = {
    ...config,
    train_on_inputs: true,
    max_seq_length: Math.min(config.max_seq_length, maxPositions, positions),
  }
  const { samples } = loadSamples(config.validation_file ?? config.train_file, tokenizer, vocabSize, options)
  return [...evalBatches(samples.slice(0, rows), { batchSize: 1, maxShapes: 1 }).batches()]
}
