import { ALARMS } from '../../../shared/domain/alarm.ts'
import { formatBytes, formatCount } from '../../../shared/domain/amounts.ts'
import { METHODS } from '../../../shared/domain/method.ts'
import type { RunDetail, RunSummary } from '../../../shared/domain/run.ts'
import { EXIT } from '../exit-code.ts'
import { findRun } from '../find-run.ts'
import { numberText, shareText, tableText, timeText } from '../format.ts'
import { faultText } from '../output.ts'
import type { CommandContext, CommandResult } from './command.ts'

const HEAD = ['Run', 'Name', 'Status', 'Method', 'Step', 'Loss', 'Val. loss', 'Val. acc.', 'Test acc.', 'Created']

function row(run: RunSummary): string[] {
  const { id, name, status, method, step, totalSteps, trainLoss, evalLoss, evalAccuracy, testAccuracy, createdAt } = run
  const figures = [numberText(trainLoss), numberText(evalLoss), shareText(evalAccuracy), shareText(testAccuracy)]
  return [id, name, status, method, `${step}/${totalSteps || '?'}`, ...figures, timeText(createdAt)]
}

/** Runs as a table, a line each. */
export const runsTable = (runs: readonly RunSummary[]): string => tableText([HEAD, ...runs.map(row)])

/** `runs`: the history, newest first. */
export async function listRuns({ output, openHost }: CommandContext): CommandResult {
  const runs = await (await openHost()).call('runs.list', {})
  for (const run of runs) output.record(run)
  output.line(runs.length === 0 ? 'No runs yet. Start one with: dora-studio train RUN.yaml' : runsTable(runs))
  return EXIT.fine
}

const SIZES = ['r', 'lora_alpha', 'bottleneck_size', 'num_virtual_tokens'] as const

/** The method and the sizes that it has a use for. */
function methodText(config: RunDetail['config']): string {
  const fields: readonly string[] = METHODS[config.method].fields
  return [
    config.method,
    ...SIZES.filter((name) => fields.includes(name)).map((name) => `${name} ${config[name]}`),
  ].join(', ')
}

function planLines({ plan }: RunDetail): string[][] {
  if (!plan) return []
  const share = shareText(plan.trainableParameters / plan.totalParameters)
  return [
    ['Device', plan.device],
    [
      'Parameters',
      `${formatCount(plan.trainableParameters)} of ${formatCount(plan.totalParameters)} trained (${share})`,
    ],
    [
      'Rows',
      `${formatCount(plan.trainRows)} training, ${formatCount(plan.validationRows)} validation, ${formatCount(plan.testRows)} test`,
    ],
    ['Padding', `${shareText(plan.paddingShare)} of the positions computed`],
  ]
}

function detailText(run: RunDetail): string {
  const { config } = run
  const lines = [
    ['Run', run.id],
    ['Name', run.name],
    ...(run.imported ? [['Origin', 'imported from a bundle: settings and curves, no weights']] : []),
    ['Status', run.status + (run.resumable ? ' (can be resumed)' : '')],
    ['Model', config.model_name_or_path],
    ['Data', config.train_file],
    ['Method', methodText(config)],
    ['Step', `${run.step} of ${run.totalSteps || '?'}`],
    ['Loss', `${numberText(run.trainLoss)} training, ${numberText(run.evalLoss)} validation`],
    ['Accuracy', `${shareText(run.evalAccuracy)} validation, ${shareText(run.testAccuracy)} test`],
    ...planLines(run),
    [
      'Versions',
      Object.entries(run.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ],
    ...run.alarms.map(({ kind, message }) => ['Warning', `${ALARMS[kind].title}: ${message}`]),
    ['Folder', run.folder],
    ...run.checkpoints.map(({ step, bytes, folder }) => [
      'Checkpoint',
      `step ${step}, ${formatBytes(bytes)}, ${folder}`,
    ]),
  ]
  return tableText(lines) + (run.error ? `\n${faultText(run.error)}` : '')
}

/** `show RUN`: everything known about one run. */
export async function showRun(text: string, { output, openHost }: CommandContext): CommandResult {
  const host = await openHost()
  const run = await host.call('runs.get', { runId: (await findRun(host, text)).id })
  output.record(run)
  output.line(detailText(run))
  return EXIT.fine
}
