import { fault } from '../../../../shared/domain/error.ts'
import { FEWEST_EXAMPLES, type Scores } from '../../../../shared/domain/paired.ts'
import type { RunConfig } from '../../../../shared/domain/run-config.ts'
import type { InspectQuestion } from '../../../../shared/engine-protocol.ts'
import { assemble, type Batch, type BatchShape, inputLength, labelCount } from '../../data/assemble.ts'
import { type BatchKind, batchKind } from '../../data/batch-kind.ts'
import { evalBatches } from '../../data/batches.ts'
import { readSamplesOf } from '../../data/load-data.ts'
import type { Sample } from '../../data/samples.ts'
import { inferenceSettings } from '../../generate/inference-settings.ts'
import type { Backend } from '../../ir/executable.ts'
import { lacksHead } from '../../train/base-weights.ts'
import { openInference } from '../../train/inference.ts'
import { reopenTask } from '../../train/task.ts'
import { type Asking, askLabels, askPartners } from './ask.ts'
import { draw } from './draw.ts'

type ScoresQuestion = Omit<Extract<InspectQuestion, { subject: 'scores' }>, 'subject'>
/** Hears how many of the examples have been answered, from none on; waited for. */
export type OnAsked = (done: number, total: number) => void | Promise<void>

/**
 * What a model makes of each example of a file, fed one at a time, so that no example's figure depends on its neighbours
 * in a batch. On a processor that takes hardly longer than batches do.
 */
export async function inspectScores(
  backend: Backend,
  question: ScoresQuestion,
  onAsked: OnAsked = () => undefined,
): Promise<Scores> {
  const { checkpoint, file } = question
  const config = { ...inferenceSettings(question.config, checkpoint), packing: false }
  const { model, labels } = await reopenTask(config, question.runFolder)
  const all = (await readSamplesOf(file, config, model.description, labels)).samples
  refuseFew(all.length, file)
  const samples = draw(all, question.examples)
  const kind = batchKind(config, model.description)
  const { shapes } = evalBatches(samples, { batchSize: 1, kind })
  const folder = config.model_name_or_path
  const sought = seeksPartners(config)
  const asked = sought ? { shapes } : { shapes: [], evalShapes: shapes }
  const session = await openInference(backend, { config, model, folder, checkpoint, ...asked })
  try {
    await onAsked(0, samples.length)
    const onAnswer = counted(samples.length, onAsked)
    const asking = { config, session, batches: oneByOne(samples, shapes, kind), file, onAnswer }
    return {
      ...(await (sought ? askPartners(asking) : askLabels(asking))),
      rows: all.length,
      lacksHead: checkpoint === null && lacksHead(folder, model.description),
    }
  } finally {
    session.executable.dispose()
  }
}

/** Texts that are to find their partner; those that are labelled with a similarity are judged by that alone. */
const seeksPartners = ({ task_type: task, problem_type: problem }: RunConfig): boolean =>
  task === 'FEATURE_EXTRACTION' && problem !== 'regression'

function refuseFew(count: number, file: string): void {
  if (count >= FEWEST_EXAMPLES) return
  throw fault('conflict', `${file} has ${count} examples; a comparison takes ${FEWEST_EXAMPLES} or more.`)
}

function counted(total: number, onAsked: OnAsked): Asking['onAnswer'] {
  let done = 0
  return () => onAsked(++done, total)
}

function* oneByOne(samples: readonly Sample[], shapes: readonly BatchShape[], kind: BatchKind): Iterable<Batch> {
  const ascending = [...shapes].sort((x, y) => x.length - y.length)
  for (const sample of samples) yield assemble([sample], shapeFor(sample, ascending), kind)
}

/** The shortest that holds a sample; there is one, since they were made of these samples. */
const shapeFor = (sample: Sample, ascending: readonly BatchShape[]): BatchShape =>
  ascending.find(({ length, labels }) => length >= inputLength(sample) && labels >= labelCount(sample)) as BatchShape
