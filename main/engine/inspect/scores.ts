import { fault } from '../../../shared/domain/error.ts'
import type { Scores } from '../../../shared/domain/paired.ts'
import type { InspectQuestion } from '../../../shared/engine-protocol.ts'
import { assemble, type BatchShape, inputLength, labelCount } from '../data/assemble.ts'
import { batchKind } from '../data/batch-kind.ts'
import { evalBatches } from '../data/batches.ts'
import { readSamplesOf } from '../data/load-data.ts'
import type { Sample } from '../data/samples.ts'
import { inferenceSettings } from '../generate/inference-settings.ts'
import type { Backend } from '../ir/executable.ts'
import { lacksHead } from '../train/base-weights.ts'
import { tallyFor } from '../train/evaluation.ts'
import { openInference } from '../train/inference.ts'
import { shapeKey } from '../train/program.ts'
import { batchInputs } from '../train/session.ts'
import { reopenTask } from '../train/task.ts'

type ScoresQuestion = Omit<Extract<InspectQuestion, { subject: 'scores' }>, 'subject'>

/** Enough to tell two percent from chance, and little enough to wait for. */
const MOST_ROWS = 2_000

/**
 * What a model makes of each example of a file, one at a time, so that no example's figure depends on another's. On a
 * processor that takes hardly longer than batches do.
 */
export async function inspectScores(backend: Backend, question: ScoresQuestion): Promise<Scores> {
  const { checkpoint, file } = question
  const config = { ...inferenceSettings(question.config, checkpoint), packing: false }
  if (config.task_type === 'FEATURE_EXTRACTION')
    throw fault(
      'bad-config',
      'An embedding is judged among others, so there is nothing to be said of one example alone.',
    )
  const { model, labels } = await reopenTask(config, question.runFolder)
  const all = (await readSamplesOf(file, config, model.description, labels)).samples
  const samples = all.slice(0, MOST_ROWS)
  const kind = batchKind(config, model.description)
  const { shapes } = evalBatches(samples, { batchSize: 1, kind })
  const folder = config.model_name_or_path
  const session = await openInference(backend, { config, model, folder, checkpoint, shapes: [], evalShapes: shapes })
  try {
    const scores: Row[] = []
    for (const sample of samples) {
      const batch = assemble([sample], shapeFor(sample, shapes), kind)
      const tally = tallyFor(config)
      tally.add(batch, await session.executable.run(`eval:${shapeKey(batch.shape)}`, batchInputs(batch)))
      scores.push({ labels: batch.labelCount, ...tally.result() })
    }
    return {
      ...scoresOf(scores, file),
      rows: all.length,
      lacksHead: checkpoint === null && lacksHead(folder, model.description),
    }
  } finally {
    session.executable.dispose()
  }
}

type Row = { readonly labels: number; readonly loss: number; readonly accuracy?: number }

function scoresOf(rows: readonly Row[], file: string): Omit<Scores, 'rows' | 'lacksHead'> {
  const bad = rows.findIndex(({ loss }) => !Number.isFinite(loss))
  if (bad >= 0)
    throw fault('diverged', `${file}: the loss of example ${bad + 1} is ${rows[bad]?.loss}.`, {
      hint: 'Look at an earlier checkpoint.',
    })
  const shares = rows.flatMap(({ accuracy }) => (accuracy === undefined ? [] : [accuracy]))
  return {
    loss: rows.map(({ loss }) => loss),
    accuracy: shares.length === rows.length ? shares : null,
    labels: rows.map(({ labels }) => labels),
  }
}

/** The shortest that holds a sample; there is one, since they were made of these samples. */
const shapeFor = (sample: Sample, shapes: readonly BatchShape[]): BatchShape =>
  [...shapes]
    .sort((x, y) => x.length - y.length)
    .find(({ length, labels }) => length >= inputLength(sample) && labels >= labelCount(sample)) as BatchShape
