import { resolve } from 'node:path'
import { formatBytes } from '../../../shared/domain/amounts.ts'
import { BUNDLE_EXTENSION } from '../../../shared/domain/bundle.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { findRun } from '../find-run.ts'
import { followRun } from '../follow-run.ts'
import type { CommandContext, CommandResult } from './command.ts'

const fileOf = (text: string): string =>
  resolve(text.endsWith(`.${BUNDLE_EXTENSION}`) ? text : `${text}.${BUNDLE_EXTENSION}`)

/** `bundle export RUN FILE`: an ended run as one file, without its weights. */
export async function saveBundle(text: string, file: string, { output, openHost }: CommandContext): CommandResult {
  const host = await openHost()
  const { id } = await findRun(host, text)
  const saved = await host.call('bundles.save', { runId: id, file: fileOf(file) })
  output.record(saved)
  output.line(`Run ${id} is saved in ${saved.file} (${formatBytes(saved.bytes)})`)
  return EXIT.fine
}

/** `bundle import FILE`: takes a run up into the history, to be looked at and made again. */
export async function importBundle(file: string, { output, openHost }: CommandContext): CommandResult {
  const run = await (await openHost()).call('bundles.import', { file: resolve(file) })
  output.record(run)
  output.line(`Imported as run ${run.id} (${run.name}). Make it again with: dora-studio bundle reproduce ${run.id}`)
  return EXIT.fine
}

/** `bundle reproduce RUN`: the same settings once more, to the end; then whether the numbers are the same. */
export async function reproduceRun(text: string, { output, openHost }: CommandContext): CommandResult {
  const host = await openHost()
  const { id } = await findRun(host, text)
  const { config, differences } = await host.call('bundles.reproduce', { runId: id })
  for (const difference of differences) output.note(`Not as it was: ${difference}`)
  const again = await host.call('runs.start', config)
  output.line(`Run ${again.id} makes run ${id} again`)
  const code: ExitCode = await followRun(host, again.id, output)
  if (code !== EXIT.fine) return code
  const result = await host.call('bundles.compare', { runId: id, with: again.id })
  output.record(result)
  if (result.differing === 0) {
    output.line(`All ${result.compared} numbers are the same, to the last bit.`)
    return EXIT.fine
  }
  output.line([`${result.differing} of ${result.compared} numbers differ:`, ...result.first].join('\n  '))
  return EXIT.failed
}
