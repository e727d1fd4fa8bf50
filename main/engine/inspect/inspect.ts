import { assertNever } from '../../../shared/domain/error.ts'
import type { Inspection, InspectQuestion } from '../../../shared/engine-protocol.ts'
import type { Backend } from '../ir/executable.ts'
import { inspectData } from './data.ts'
import { inspectFit } from './fit/fit.ts'
import { inspectInputs } from './inputs.ts'
import { inspectModel } from './model.ts'
import { inspectRank } from './rank/rank.ts'
import { inspectRun } from './run.ts'
import { inspectScores, type OnAsked } from './scores/scores.ts'
import { measureSpeed } from './speed.ts'

/** Which backend a question is about. */
type Where = Extract<InspectQuestion, { subject: 'speed' }>['where']

/** A GPU is insisted on for training alone. */
const anywhere = ({ backend, device, xla }: Where): Where => ({
  backend,
  xla,
  device: device === 'gpu' ? 'auto' : device,
})

/** Looks at files without training; only the speed of the machine and the scores of a model need a backend. */
export async function inspect(
  question: InspectQuestion,
  openBackend: (where: Where) => Promise<Backend>,
  onAsked: OnAsked,
): Promise<Inspection> {
  switch (question.subject) {
    case 'model':
      return { subject: 'model', facts: inspectModel(question.folder) }
    case 'data':
      return { subject: 'data', facts: await inspectData(question.question) }
    case 'run':
      return { subject: 'run', facts: await inspectRun(question.config) }
    case 'inputs':
      return { subject: 'inputs', facts: inspectInputs(question.config) }
    case 'fit':
      return { subject: 'fit', facts: await inspectFit(question.config, question.limit) }
    case 'rank':
      return { subject: 'rank', facts: await inspectRank(question.config, question.checkpoint) }
    case 'scores': {
      const backend = await openBackend(anywhere(question.config))
      return { subject: 'scores', facts: await inspectScores(backend, question, onAsked) }
    }
    case 'speed':
      return { subject: 'speed', facts: await measureSpeed(await openBackend(question.where)) }
    default:
      return assertNever(question, 'inspection')
  }
}
