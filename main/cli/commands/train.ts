import { fault } from '../../../shared/domain/error.ts'
import type { MethodKind } from '../../../shared/domain/method.ts'
import { type RunConfig, runConfigSchema } from '../../../shared/domain/run-config.ts'
import { shown } from '../../../shared/domain/shown.ts'
import type { Host } from '../../host/host.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { findRun } from '../find-run.ts'
import { followRun } from '../follow-run.ts'
import type { Output } from '../output.ts'
import { readRunFile, settingsOfRun } from '../run-file.ts'
import type { CommandContext, CommandResult } from './command.ts'
import { fetchedModel } from './download.ts'
import { runsTable } from './runs.ts'

export type TrainOptions = {
  readonly resume?: string
  /** An earlier run, whose settings are taken instead of a file's. */
  readonly from?: string
  readonly set: readonly string[]
  readonly method?: readonly MethodKind[]
}

/** A resumed run must be the same run, or its curve would be of two. */
function checkSame(runId: string, stored: RunConfig, given: RunConfig): void {
  const fields = Object.keys(runConfigSchema.shape) as (keyof RunConfig)[]
  const differing = fields.filter(
    (field) => field !== 'run_name' && JSON.stringify(stored[field]) !== JSON.stringify(given[field]),
  )
  if (differing.length === 0) return
  const show = (value: unknown) => shown(value)
  throw fault('bad-config', `The run file differs from run ${runId} in ${differing.join(', ')}.`, {
    details: differing.map((field) => `${field}: run has ${show(stored[field])}, file has ${show(given[field])}`),
    hint: `Use the same settings, or go on without a file: dora-studio resume ${runId}`,
  })
}

async function resumeWith(host: Host, text: string, config: RunConfig): Promise<string> {
  const { id } = await findRun(host, text)
  checkSame(id, (await host.call('runs.get', { runId: id })).config, config)
  return (await host.call('runs.resume', { runId: id })).id
}

/** Follows twins one after another; Ctrl+C ends with the one at work, and the others are left to be resumed. */
async function trainTwins(host: Host, config: RunConfig, methods: readonly MethodKind[], output: Output) {
  const runs = await host.call('runs.startTwins', { config, methods: [...methods] })
  let worst: ExitCode = EXIT.fine
  for (const { id, name } of runs) {
    output.line(`Run ${id} (${name})`)
    const code = await followRun(host, id, output)
    if (code !== EXIT.fine) worst = code
    if (code === EXIT.interrupted) break
  }
  const ids = new Set(runs.map(({ id }) => id))
  const ended = (await host.call('runs.list', {})).filter(({ id }) => ids.has(id)).reverse()
  output.line(`\n${runsTable(ended)}`)
  return worst
}

/** The settings of the file or of the run that is named, one of the two. */
async function settingsOf(file: string | undefined, { from, set }: TrainOptions, openHost: CommandContext['openHost']) {
  if (file !== undefined && from === undefined) return readRunFile(file, set)
  if (file !== undefined || from === undefined)
    throw fault('bad-config', 'Give a run file, or an earlier run with --from RUN; one of the two.')
  const host = await openHost()
  return settingsOfRun(await host.call('runs.get', { runId: (await findRun(host, from)).id }), set)
}

/** `train RUN.yaml | --from RUN`: start (or resume) and follow to the end; several methods are a run each. */
export async function train(file: string | undefined, options: TrainOptions, context: CommandContext): CommandResult {
  const { resume, method: methods = [] } = options
  const read = await settingsOf(file, options, context.openHost)
  const given = { ...read, method: methods[0] ?? read.method }
  if (resume && methods.length > 1)
    throw fault('bad-config', '--resume goes on with one run, which has one method.', {
      hint: 'Leave out --method, or --resume.',
    })
  const host = await context.openHost()
  const model = await fetchedModel(host, given, context.output)
  const config = { ...given, model_name_or_path: model }
  if (methods.length > 1) return trainTwins(host, { ...config, method: read.method }, methods, context.output)
  const runId = resume ? await resumeWith(host, resume, config) : (await host.call('runs.start', config)).id
  context.output.line(`Run ${runId} (${config.run_name}), ${config.method}`)
  return followRun(host, runId, context.output)
}

/** `resume RUN`: go on from the last checkpoint. */
export async function resumeRun(text: string, { output, openHost }: CommandContext): CommandResult {
  const host = await openHost()
  const { id } = await findRun(host, text)
  const run = await host.call('runs.resume', { runId: id })
  output.line(`Run ${id} (${run.name}) goes on from step ${run.step}`)
  return followRun(host, id, output)
}
