import {
  type Difference,
  headNote,
  isSignificant,
  type Paired,
  pText,
  type Split,
} from '../../../shared/domain/paired.ts'
import { EXIT } from '../exit-code.ts'
import { findRun } from '../find-run.ts'
import { numberText, shareText, tableText } from '../format.ts'
import type { CommandContext, CommandResult } from './command.ts'

export type EvaluateOptions = { readonly against?: string; readonly split: Split }

const rowOf = (label: string, of: Difference, text: (value: number) => string): string[] => [
  label,
  text(of.a),
  text(of.b),
  `${text(of.difference)} (95 %: ${text(of.low)} to ${text(of.high)})`,
  `${pText(of.p)}${isSignificant(of) ? '' : ', may be chance'}`,
]

function pairedTable({ names, loss, accuracy }: Paired): string {
  const rows = [
    ...(loss ? [rowOf('Loss', loss, numberText)] : []),
    ...(accuracy ? [rowOf('Accuracy', accuracy, shareText)] : []),
  ]
  return tableText([['', ...names, 'Difference', ''], ...rows])
}

/** `evaluate RUN [--against RUN]`: a run and its base, or two runs, asked the same examples. */
export async function evaluate(
  text: string,
  { against, split }: EvaluateOptions,
  { output, openHost }: CommandContext,
): CommandResult {
  const host = await openHost()
  const { id: runId } = await findRun(host, text)
  const a = against === undefined ? { runId, base: true } : { runId: (await findRun(host, against)).id }
  output.line('Asking both the same examples…')
  const paired = await host.call('runs.paired', { a, b: { runId }, split })
  output.record(paired)
  output.line(pairedTable(paired))
  const part = paired.examples < paired.rows ? `the first ${paired.examples} of ${paired.rows}` : paired.examples
  output.line(`\nOn ${part} examples of ${paired.file}.`)
  const note = headNote(paired)
  if (note !== null) output.line(note)
  if (paired.loss === null) output.line('Their labels are not the same, so their losses are not compared.')
  return EXIT.fine
}
