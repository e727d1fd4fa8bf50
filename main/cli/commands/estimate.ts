import { formatBytes, formatCount } from '../../../shared/domain/amounts.ts'
import type { FitAnswer, TimedProposal } from '../../../shared/domain/fit.ts'
import { proposalLoss, proposalText } from '../../../shared/domain/fit-text.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { type PreviewAnswer, wholeMemory } from '../../../shared/domain/run-preview.ts'
import { EXIT } from '../exit-code.ts'
import { durationText, shareText, tableText } from '../format.ts'
import type { Output } from '../output.ts'
import { readRunFile } from '../run-file.ts'
import type { CommandContext, CommandResult } from './command.ts'
import { fetchedModel } from './download.ts'

export type EstimateOptions = { readonly set: readonly string[]; readonly memoryLimit?: number }

type Plan = NonNullable<PreviewAnswer['plan']>

const aboutText = (seconds: number | null | undefined): string =>
  seconds == null ? 'not known before a first run' : `about ${durationText(seconds)}`

const planRows = ({ memory, ...plan }: Plan, limit: number, { estimate }: PreviewAnswer): string[][] => [
  [
    'Parameters',
    `${formatCount(plan.trainableParameters)} of ${formatCount(plan.totalParameters)} trained (${shareText(plan.trainableParameters / plan.totalParameters)})`,
  ],
  ['Steps', formatCount(plan.steps)],
  ['Memory', `${formatBytes(wholeMemory(memory))} of ${formatBytes(limit)}`],
  ['Time', `${aboutText(estimate?.seconds)}${estimate?.fromRun ? `, at the speed of "${estimate.fromRun}"` : ''}`],
]

/** The settings of a proposal as they are given on the command line. */
const flagsOf = ({ changes }: TimedProposal): string =>
  Object.entries(changes)
    .map(([name, value]) => `--set ${name}=${value}`)
    .join(' ')

const proposalRow = (proposal: TimedProposal, config: RunConfig): string[] => [
  proposalText(proposal, config),
  formatBytes(wholeMemory(proposal.memory)),
  [proposal.fits ? 'fits' : 'too large', proposalLoss(proposal)].filter(Boolean).join(', '),
  aboutText(proposal.seconds),
  flagsOf(proposal),
]

function printFit(output: Output, { needed, limit, alone, together }: FitAnswer, config: RunConfig): void {
  output.line(`\nTo make it fit into ${formatBytes(limit)} (it needs ${formatBytes(needed)}):`)
  const rows = [...alone, ...(together ? [together] : [])].map((proposal) => proposalRow(proposal, config))
  if (rows.length > 0) output.line(tableText([['Change', 'Memory', '', 'Time', 'Settings'], ...rows]))
  if (alone.some(({ fits }) => fits)) return
  if (together?.fits) output.line('None is enough alone; the last line is as many together as it takes.')
  else output.line('Even all of them together are not enough: choose a smaller model, or a machine with more memory.')
}

/** `estimate RUN.yaml`: what a run would be, and what would make it fit where it does not. Nothing is trained. */
export async function estimate(
  file: string,
  { set, memoryLimit }: EstimateOptions,
  { output, openHost }: CommandContext,
): CommandResult {
  const given = await readRunFile(file, set)
  const host = await openHost()
  const config = { ...given, model_name_or_path: await fetchedModel(host, given, output) }
  const preview = await host.call('runs.preview', config)
  const { plan, problems } = preview
  const limit = Math.min(memoryLimit ?? Number.POSITIVE_INFINITY, plan?.memory.available ?? 0)
  const fit =
    plan && wholeMemory(plan.memory) > limit
      ? await host.call('runs.fit', { config, limit: memoryLimit ?? null })
      : null
  output.record({ ...preview, fit })
  if (plan) output.line(tableText(planRows(plan, limit, preview)))
  for (const { message, hint } of problems) output.line(`\n${message}${hint ? `\n${hint}` : ''}`)
  if (fit) printFit(output, fit, config)
  return problems.length > 0 || fit ? EXIT.failed : EXIT.fine
}
