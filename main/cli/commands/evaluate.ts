import {
  type Difference,
  examplesText,
  headNote,
  isSignificant,
  type Paired,
  pText,
  type Split,
} from '../../../shared/domain/paired.ts'
import type { PairedJob } from '../../../shared/domain/paired-job.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { findRun } from '../find-run.ts'
import { followPaired } from '../follow-paired.ts'
import { numberText, shareText, tableText } from '../format.ts'
import { faultText, type Output } from '../output.ts'
import type { CommandContext, CommandResult } from './command.ts'

export type EvaluateOptions = { readonly against?: string; readonly split: Split; readonly examples: number }

const rowOf = (label: string, of: Difference, text: (value: number) => string): string[] => [
  label,
  text(of.a),
  text(of.b),
  `${text(of.difference)} (95 %: ${text(of.low)} to ${text(of.high)})`,
  `${pText(of.p)}${isSignificant(of) ? '' : ', may be chance'}`,
]

function pairedTable({ names, loss, accuracy, reciprocalRank }: Paired): string {
  const rows = [
    ...(loss ? [rowOf('Loss', loss, numberText)] : []),
    ...(accuracy ? [rowOf(reciprocalRank ? 'Partner found first' : 'Accuracy', accuracy, shareText)] : []),
    ...(reciprocalRank ? [rowOf('Reciprocal rank', reciprocalRank, numberText)] : []),
  ]
  return tableText([['', ...names, 'Difference', ''], ...rows])
}

function tell(paired: Paired, { record, line }: Output): ExitCode {
  record(paired)
  line(pairedTable(paired))
  line(`\nOn ${examplesText(paired)} of ${paired.file}.`)
  for (const note of [headNote(paired), paired.lossNote]) if (note !== null) line(note)
  return EXIT.fine
}

function tellNothing({ error, done, total }: PairedJob, output: Output): ExitCode {
  if (error) {
    if (output.json) output.record({ error })
    output.note(faultText(error))
    return EXIT.failed
  }
  output.note(`Cancelled after ${done} of ${total} answers.`)
  return EXIT.interrupted
}

/** `evaluate RUN [--against RUN]`: a run and its base, or two runs, asked the same examples. */
export async function evaluate(
  text: string,
  { against, split, examples }: EvaluateOptions,
  { output, openHost }: CommandContext,
): CommandResult {
  const host = await openHost()
  const { id: runId } = await findRun(host, text)
  const a = against === undefined ? { runId, base: true } : { runId: (await findRun(host, against)).id }
  const started = await host.call('paired.start', { a, b: { runId }, split, examples })
  output.line('Asking both the same examples…')
  const job = await followPaired(host, started, output)
  return job.result ? tell(job.result, output) : tellNothing(job, output)
}
