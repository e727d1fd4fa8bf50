import { formatBytes, formatCount } from '../../../shared/domain/amounts.ts'
import type { FitAnswer, TimedProposal } from '../../../shared/domain/fit.ts'
import { proposalLoss, proposalText } from '../../../shared/domain/fit-text.ts'
import { METHODS, type MethodKind } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { type PreviewAnswer, wholeMemory } from '../../../shared/domain/run-preview.ts'
import { twinConfigs } from '../../../shared/domain/twins.ts'
import type { Host } from '../../host/host.ts'
import { EXIT } from '../exit-code.ts'
import { durationText, shareText, tableText } from '../format.ts'
import type { Output } from '../output.ts'
import { readRunFile } from '../run-file.ts'
import type { CommandContext, CommandResult } from './command.ts'
import { fetchedModel } from './download.ts'

export type EstimateOptions = {
  readonly set: readonly string[]
  readonly memoryLimit?: number
  readonly method?: readonly MethodKind[]
}

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

/** Why a run would be refused; of several, by the method that it is of. */
function printProblems(output: Output, problems: PreviewAnswer['problems'], of?: RunConfig): void {
  const whose = of ? `${METHODS[of.method].label}: ` : ''
  for (const { message, hint } of problems) output.line(`\n${whose}${message}${hint ? `\n${hint}` : ''}`)
}

/** What each of several runs would take, in the order they would be trained. */
const twinRow = ({ method }: RunConfig, { plan, estimate }: PreviewAnswer, limit: number): string[] => {
  const label = METHODS[method].label
  if (plan === null) return [label, '', 'not possible', '']
  const needed = wholeMemory(plan.memory)
  const fits = needed <= limit ? '' : ', too large'
  return [label, formatCount(plan.trainableParameters), `${formatBytes(needed)}${fits}`, aboutText(estimate?.seconds)]
}

async function estimateTwins(host: Host, configs: readonly RunConfig[], memoryLimit: number, output: Output) {
  const previews: PreviewAnswer[] = []
  for (const config of configs) previews.push(await host.call('runs.preview', config))
  const room = Math.min(memoryLimit, ...previews.flatMap(({ plan }) => plan?.memory.available ?? []))
  output.record({ twins: previews.map((preview, i) => ({ method: configs[i]?.method, ...preview })) })
  const rows = configs.map((config, i) => twinRow(config, previews[i] as PreviewAnswer, room))
  const memory = Number.isFinite(room) ? `Memory of ${formatBytes(room)}` : 'Memory'
  output.line(tableText([['Method', 'Trained', memory, 'Time'], ...rows]))
  for (const [i, { problems }] of previews.entries()) printProblems(output, problems, configs[i])
  const seconds = previews.map(({ estimate }) => estimate?.seconds ?? Number.NaN).reduce((a, b) => a + b, 0)
  if (Number.isFinite(seconds)) output.line(`\nOne after another: ${aboutText(seconds)} in all.`)
  const stand = ({ plan, problems }: PreviewAnswer) =>
    plan !== null && problems.length === 0 && wholeMemory(plan.memory) <= room
  return previews.every(stand) ? EXIT.fine : EXIT.failed
}

/** `estimate RUN.yaml`: what a run would be, and what would make it fit where it does not. Nothing is trained. */
export async function estimate(
  file: string,
  { set, memoryLimit: given, method: methods = [] }: EstimateOptions,
  { output, openHost }: CommandContext,
): CommandResult {
  const read = await readRunFile(file, set)
  const run = { ...read, method: methods[0] ?? read.method }
  const host = await openHost()
  const config = { ...run, model_name_or_path: await fetchedModel(host, run, output) }
  const memoryLimit = given ?? (await host.call('settings.get', {})).memoryLimit
  if (methods.length > 1) {
    const twins = twinConfigs({ ...config, method: read.method }, methods)
    return estimateTwins(host, twins, memoryLimit ?? Number.POSITIVE_INFINITY, output)
  }
  const preview = await host.call('runs.preview', config)
  const { plan, problems } = preview
  const limit = Math.min(memoryLimit ?? Number.POSITIVE_INFINITY, plan?.memory.available ?? 0)
  const fit =
    plan && wholeMemory(plan.memory) > limit ? await host.call('runs.fit', { config, limit: memoryLimit }) : null
  output.record({ ...preview, fit })
  if (plan) output.line(tableText(planRows(plan, limit, preview)))
  printProblems(output, problems)
  if (fit) printFit(output, fit, config)
  return problems.length > 0 || fit ? EXIT.failed : EXIT.fine
}
