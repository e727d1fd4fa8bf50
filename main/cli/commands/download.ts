import { fault } from '../../../shared/domain/error.ts'
import { type Download, type HubFacts, isHubName } from '../../../shared/domain/hub.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Host } from '../../host/host.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { followDownload } from '../follow-download.ts'
import type { Output } from '../output.ts'
import type { CommandContext, CommandResult } from './command.ts'

export type DownloadOptions = {
  readonly dataset: boolean
  readonly revision?: string
  readonly file: readonly string[]
}

/** The data files that are meant: those named, or the only one there is. */
function chosenPaths({ kind, repo, files }: HubFacts, named: readonly string[]): string[] {
  if (kind === 'model' || named.length > 0) return [...named]
  if (files.length === 1) return files.map(({ path }) => path)
  throw fault('bad-config', `${repo} has ${files.length} data files.`, {
    details: files.map(({ path }) => path),
    hint: 'Name those you want with --file; it may be repeated.',
  })
}

function tellEnd({ status, paths, error, id }: Download, output: Output): ExitCode {
  if (error) output.fault(fault(error.code, error.message, error))
  else if (status === 'finished') output.line(['On this machine:', ...paths.map((path) => `  ${path}`)].join('\n'))
  else output.note(`Paused (${id}). The same command goes on with it.`)
  if (status === 'finished') return EXIT.fine
  return error ? EXIT.failed : EXIT.interrupted
}

/** `download NAME`: a model, or files of a data set, from the hub into its cache on this machine. */
export async function download(
  name: string,
  options: DownloadOptions,
  { output, openHost }: CommandContext,
): CommandResult {
  const host = await openHost()
  const question = {
    kind: options.dataset ? 'dataset' : 'model',
    repo: name,
    revision: options.revision ?? null,
  } as const
  const facts = await host.call('hub.look', question)
  const { kind, repo, commit, license, gated } = facts
  output.line(`${repo} at ${commit.slice(0, 12)}, licence ${license ?? 'not stated'}${gated === 'no' ? '' : ', gated'}`)
  const order = { kind, repo, revision: facts.revision, paths: chosenPaths(facts, options.file) }
  const { id } = await host.call('downloads.start', order)
  return tellEnd(await followDownload(host, id, output), output)
}

/**
 * The folder of a run's base model: a path as it is; a name of the hub (`org/name`) that is not on this machine yet is
 * fetched first.
 */
export async function fetchedModel(
  host: Host,
  { model_name_or_path: model, model_revision: revision }: RunConfig,
  output: Output,
): Promise<string> {
  if (!isHubName(model)) return model
  const { folder } = await host.call('hub.folder', { repo: model, revision })
  if (folder !== null) return folder
  const at = revision === null ? '' : ` at ${revision}`
  output.line(`${model}${at} is not on this machine yet; it comes from the hub first.`)
  const { id } = await host.call('downloads.start', { kind: 'model', repo: model, revision })
  const { status, paths, error } = await followDownload(host, id, output)
  if (error) throw fault(error.code, error.message, error)
  if (status === 'finished' && paths[0] !== undefined) return paths[0]
  throw fault('refused', `The download of ${model} was paused, so the run was not started.`, {
    hint: 'The same command goes on with it.',
  })
}
