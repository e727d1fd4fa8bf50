import { assertNever } from '../../../shared/domain/error.ts'
import type { Inspection, InspectQuestion } from '../../../shared/engine-protocol.ts'
import { inspectData } from './data.ts'
import { inspectInputs } from './inputs.ts'
import { inspectModel } from './model.ts'
import { inspectRun } from './run.ts'

/** Looks at files without training; needs no back end. */
export async function inspect(question: InspectQuestion): Promise<Inspection> {
  switch (question.subject) {
    case 'model':
      return { subject: 'model', facts: inspectModel(question.folder) }
    case 'data':
      return { subject: 'data', facts: await inspectData(question.question) }
    case 'run':
      return { subject: 'run', facts: await inspectRun(question.config) }
    case 'inputs':
      return { subject: 'inputs', facts: inspectInputs(question.config) }
    default:
      return assertNever(question, 'inspection')
  }
}
