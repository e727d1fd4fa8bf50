import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { inputLength } from './assemble.ts'
import { batchKind } from './batch-kind.ts'
import { type Batch, type BatchPlan, type EvalPlan, evalBatches, planBatches } from './batches.ts'
import { readLabelledRows } from './labelled-rows.ts'
import { packSamples } from './pack-samples.ts'
import { dataHash, loadSamples, type SampleSet, sampleKey } from './samples.ts'
import { makeTaskSamples } from './task-samples.ts'
import { openTokenizer } from './tokenizer.ts'

/** All data of a run, ready to be batched. */
export type RunData = {
  readonly train: BatchPlan
  readonly validation: EvalPlan | null
  readonly test: EvalPlan | null
  /** Rows used of each file. */
  readonly rows: { readonly train: number; readonly validation: number; readonly test: number }
  readonly truncatedRows: number
  /** Rows left out because nothing to learn remained of them, and real tokens of one epoch. */
  readonly droppedRows: number
  readonly trainTokens: number
  /** Rows of an evaluation file that are training rows too. */
  readonly overlap: { readonly validation: number; readonly test: number }
  readonly hash: string
}

/** Evaluation has no backward pass to save on, so fewer graphs are worth a little more padding. */
const EVAL_SHAPES = 2

/** What has to be known of a model to prepare data for it. */
export type DataModel = {
  readonly vocabSize: number
  readonly maxPositions: number
  readonly outputs: number
  readonly tokenTypes?: boolean
  readonly bidirectional?: true
}

/** The samples of a run's files, before they are batched. */
export type RunSamples = {
  readonly train: SampleSet
  readonly validation: SampleSet | null
  readonly test: SampleSet | null
} & Pick<RunData, 'overlap' | 'hash'>

/** Reads, tokenises and plans the data files of a run; `labels` are the classes by number. Faults name file and row. */
export async function loadData(config: RunConfig, model: DataModel, labels: readonly string[] = []): Promise<RunData> {
  return arrangeData(await readSamples(config, model, labels), config, model)
}

/** Reads and tokenises the data files of a run. */
export async function readSamples(
  config: RunConfig,
  model: DataModel,
  labels: readonly string[] = [],
): Promise<RunSamples> {
  const load = sampleReader(config, model, labels, {})
  const train = await load(config.train_file)
  const optional = (file: string | null) => (file === null ? null : load(file))
  const [validation, test] = [await optional(config.validation_file), await optional(config.test_file)]
  return {
    train,
    validation,
    test,
    overlap: overlapWith(train, { validation, test }),
    hash: dataHash([config.train_file, config.validation_file, config.test_file]),
  }
}

/** Plans the batches of samples that were read with the same max_seq_length, task and template. */
export function arrangeData(samples: RunSamples, config: RunConfig, model: DataModel): RunData {
  const { train, validation, test, overlap, hash } = samples
  const kind = batchKind(config, model)
  const arranged = (set: SampleSet) =>
    kind.packed ? packSamples(set.samples, Math.min(config.max_seq_length, model.maxPositions)) : set.samples
  const evaluation = (set: SampleSet | null) =>
    set && evalBatches(arranged(set), { batchSize: config.per_device_eval_batch_size, maxShapes: EVAL_SHAPES, kind })
  return {
    train: planBatches(arranged(train), {
      batchSize: config.per_device_train_batch_size,
      accumulation: config.gradient_accumulation_steps,
      seed: config.seed,
      kind,
    }),
    validation: evaluation(validation),
    test: evaluation(test),
    rows: { train: train.samples.length, validation: validation?.samples.length ?? 0, test: test?.samples.length ?? 0 },
    truncatedRows: train.truncated + (validation?.truncated ?? 0) + (test?.truncated ?? 0),
    droppedRows: train.dropped + (validation?.dropped ?? 0) + (test?.dropped ?? 0),
    overlap,
    trainTokens: train.samples.reduce((total, sample) => total + inputLength(sample), 0),
    hash,
  }
}

/** Reads and tokenises one file as the run's task wants it. */
export const readSamplesOf = (
  file: string,
  config: RunConfig,
  model: DataModel,
  labels: readonly string[],
): Promise<SampleSet> => sampleReader(config, model, labels, {})(file)

type Evaluations = { readonly validation: SampleSet | null; readonly test: SampleSet | null }

/** Equal texts, whatever their labels: what was learnt of one is known of the other. */
function overlapWith(train: SampleSet, { validation, test }: Evaluations): RunData['overlap'] {
  if (validation === null && test === null) return { validation: 0, test: 0 }
  const seen = new Set(train.samples.map(sampleKey))
  const among = (set: SampleSet | null) => set?.samples.filter((sample) => seen.has(sampleKey(sample))).length ?? 0
  return { validation: among(validation), test: among(test) }
}

/**
 * A few rows of the run's data (validation if there is any), one a batch, cut at `positions`: for comparing two models.
 * Short batches take the factored way of multiplying, so a merged weight is held against arithmetic other than its own.
 */
export async function loadPrompts(
  config: RunConfig,
  model: DataModel,
  labels: readonly string[],
  rows: number,
  positions: number,
): Promise<Batch[]> {
  const load = sampleReader(config, model, labels, {
    train_on_inputs: true,
    max_seq_length: Math.min(config.max_seq_length, model.maxPositions, positions),
  })
  const { samples } = await load(config.validation_file ?? config.train_file)
  return [
    ...evalBatches(samples.slice(0, rows), { batchSize: 1, maxShapes: 1, kind: batchKind(config, model) }).batches(),
  ]
}

/** Reads a data file as the run's task wants it. */
function sampleReader(config: RunConfig, model: DataModel, labels: readonly string[], changes: Partial<RunConfig>) {
  const tokenizer = openTokenizer(config.model_name_or_path)
  const limit = Math.min(config.max_seq_length, model.maxPositions)
  const options = { ...config, max_seq_length: limit, ...changes }
  return async (file: string): Promise<SampleSet> => {
    if (config.task_type === 'CAUSAL_LM') return loadSamples(file, tokenizer, model.vocabSize, options)
    const rows = await readLabelledRows(file, config.columns, config)
    const settings = { ...options, labels, readsFirst: model.bidirectional === true }
    return makeTaskSamples(rows, file, tokenizer, model.vocabSize, settings)
  }
}
