import type { Prediction } from '../../../shared/domain/chat.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { assemble, type BatchShape } from '../data/assemble.ts'
import { batchKind } from '../data/batch-kind.ts'
import { roundUp } from '../data/buckets.ts'
import type { LabelledRow } from '../data/labelled-rows.ts'
import { makeTaskSamples } from '../data/task-samples.ts'
import { openTokenizer } from '../data/tokenizer.ts'
import { readConfig } from '../formats/model-folder.ts'
import type { Backend } from '../ir/executable.ts'
import { modelFromConfig } from '../models/index.ts'
import { lacksHead } from '../train/base-weights.ts'
import { openInference } from '../train/inference.ts'
import { type RunTask, reopenTask } from '../train/task.ts'
import { inferenceSettings } from './inference-settings.ts'
import type { ResolvedRequest, Responder } from './responder.ts'

/** Lengths a text is padded to, below the longest that the run allows. */
const LENGTHS = [32, 128, 512] as const

const FRESH_HEAD =
  'The base model has no head for these labels: its figures are those of the untrained head that the run started from.'

/** A model that judges texts: probabilities of its labels, or the number of a regression. */
export async function openClassifier(backend: Backend, request: ResolvedRequest): Promise<Responder> {
  const { checkpoint } = request
  const config = inferenceSettings(request.config, checkpoint)
  const { model, labels } = await taskOf(request)
  const { description } = model
  const tokenizer = openTokenizer(config.model_name_or_path)
  const longest = Math.min(description.maxPositions, config.max_seq_length)
  const shapes = [...LENGTHS.filter((length) => length < longest), longest].map(shapeOf)
  const folder = config.model_name_or_path
  const session = await openInference(backend, { config, model, folder, checkpoint, shapes })
  const note = checkpoint === null && lacksHead(folder, description) ? FRESH_HEAD : ''
  const options = { ...config, max_seq_length: longest, labels, readsFirst: description.bidirectional === true }
  return {
    facts: { task: 'SEQ_CLS', slots: longest, template: 'none', memory: false, system: '', instruction: '', note },
    answer: async ({ prompt: { text } }) => {
      const row: LabelledRow = { line: 1, kind: 'sequence', text, pair: null, label: null }
      const { samples } = makeTaskSamples([row], 'The text', tokenizer, description.vocabSize, options)
      const length = samples[0]?.ids.length ?? 0
      const shape = shapes.find((one) => one.length >= length) as BatchShape
      const logits = await session.logits(assemble(samples, shape, batchKind(config, description)))
      return { stats: null, prediction: predictionOf(logits.subarray(0, description.outputs), labels, config) }
    },
    dispose: () => session.executable.dispose(),
  }
}

const shapeOf = (length: number): BatchShape => ({ batch: 1, length, labels: roundUp(1) })

async function taskOf({ config, runFolder, labels }: ResolvedRequest): Promise<RunTask> {
  if (runFolder !== null) return reopenTask(config, runFolder)
  const names = labels ?? []
  const outputs = Math.max(1, names.length)
  return {
    labels: names,
    model: modelFromConfig(readConfig(config.model_name_or_path), { type: 'SEQ_CLS', labels: outputs }),
  }
}

/** Probabilities of logits [outputs]: softmax where one label is right, a sigmoid each where several may be. */
function predictionOf(
  logits: Float32Array,
  labels: readonly string[],
  { problem_type: problem }: Pick<RunConfig, 'problem_type'>,
): Prediction {
  if (problem === 'regression') return { kind: 'value', value: logits[0] as number }
  const exclusive = problem === 'single_label_classification'
  const top = Math.max(...logits)
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0)
  const probability = (logit: number) => (exclusive ? Math.exp(logit - top) / total : 1 / (1 + Math.exp(-logit)))
  const scores = labels.map((label, i) => ({ label, probability: probability(logits[i] as number) }))
  return { kind: 'labels', exclusive, scores: scores.sort((a, b) => b.probability - a.probability) }
}
