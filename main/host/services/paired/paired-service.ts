import { join } from 'node:path'
import { fault } from '../../../../shared/domain/error.ts'
import type { ChosenSide, Paired, Scores, Split } from '../../../../shared/domain/paired.ts'
import type { RunConfig } from '../../../../shared/domain/run-config.ts'
import { chosenCheckpoint } from '../chosen-checkpoint.ts'
import type { HostContext } from '../host-context.ts'
import type { Inspector } from '../inspector.ts'
import { accuracyDifference, meanDifference } from './difference.ts'

/** Fewer say nothing of a difference. */
const FEWEST = 5

type Located = { readonly name: string; readonly config: RunConfig; readonly checkpoint: string | null }
type Order = { readonly a: ChosenSide; readonly b: ChosenSide; readonly split: Split }

/** Asks two models the same examples, one after the other, and tells how far they differ and how sure that is. */
export async function comparePaired(
  context: HostContext,
  inspector: Pick<Inspector, 'scores'>,
  { a, b, split }: Order,
): Promise<Paired> {
  const [first, second] = [locate(context, a), locate(context, b)]
  const file = first.config[`${split}_file`]
  refuseUnlike(first.config, second.config, file, split)
  const ask = (side: ChosenSide, { config, checkpoint }: Located) =>
    inspector.scores({ config, checkpoint, file, runFolder: join(context.runsFolder, side.runId) })
  const scores = [await ask(a, first), await ask(b, second)] as const
  const lacksHead: Paired['lacksHead'] = [scores[0].lacksHead, scores[1].lacksHead]
  return { split, file, names: [first.name, second.name], lacksHead, ...differences(...scores, file) }
}

function locate(context: HostContext, { runId, base, step }: ChosenSide): Located {
  const config = context.store.runs.record(runId)?.config
  const run = context.store.runs.summary(runId)
  if (!config || !run) throw fault('not-found', `There is no run ${runId}.`)
  if (base) return { name: `Base of ${run.name}`, config, checkpoint: null }
  const checkpoint = chosenCheckpoint(context, runId, step)
  if (checkpoint) return { name: run.name, config, checkpoint: checkpoint.folder }
  throw fault('conflict', `Run ${runId} has no checkpoint yet, so there is nothing to be judged.`, {
    hint: 'Let it train to its end or to its first checkpoint (save_steps).',
  })
}

function refuseUnlike(a: RunConfig, b: RunConfig, file: string | null, split: Split): asserts file is string {
  if (file === null)
    throw fault('conflict', `The run has no ${split}_file, so there are no examples to ask.`, {
      hint: split === 'test' ? 'Ask those of its validation_file, or start a run with a test_file.' : '',
    })
  for (const field of ['task_type', 'problem_type'] as const)
    if (a[field] !== b[field])
      throw fault('conflict', `${field}: ${a[field]} and ${b[field]} are judged by different figures.`)
}

type Differences = Pick<Paired, 'examples' | 'rows' | 'loss' | 'accuracy'>

function differences(a: Scores, b: Scores, file: string): Differences {
  if (a.loss.length !== b.loss.length || a.rows !== b.rows)
    throw fault('conflict', `Of ${file} one model has ${a.rows} examples and the other ${b.rows}.`, {
      hint: 'Their settings leave out different rows: max_seq_length, prompt_template or columns.',
    })
  if (a.loss.length < FEWEST)
    throw fault('conflict', `${file} has ${a.loss.length} examples; a comparison takes ${FEWEST} or more.`)
  // Other tokens, or other limits: then the mean is over other things.
  const alike = a.labels.every((labels, i) => labels === b.labels[i])
  return {
    examples: a.loss.length,
    rows: a.rows,
    loss: alike ? meanDifference(a.loss, b.loss) : null,
    accuracy: a.accuracy && b.accuracy && accuracyDifference(a.accuracy, b.accuracy),
  }
}
