import { access, constants, readdir, stat } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import { hubPlace, isHubName } from '../../../shared/domain/hub.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'

async function kindOf(path: string): Promise<'file' | 'folder' | 'missing'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file'
  } catch {
    return 'missing'
  }
}

/** A model under its name on the hub that is not on this machine. */
function notHere(repo: string, revision: string | null): string {
  const [at, option] = revision === null ? ['', ''] : [` at ${revision}`, ` --revision ${revision}`]
  return `model_name_or_path: ${repo} is no folder, and no model of that name${at} has been downloaded from the hub. Download it (Models, "From the Hub", or: npm run cli -- download ${repo}${option}).`
}

/** What a folder holds, a revision cannot change; of a folder in the hub's cache it is what it was found by. */
const revisionFaults = ({ model_name_or_path: model, model_revision: revision }: RunConfig): string[] =>
  revision === null || isHubName(model) || hubPlace(model) !== null
    ? []
    : [`model_revision: ${revision} is of a model on the hub, but ${model} is a folder. Leave it out.`]

async function modelFaults({ model_name_or_path: folder, model_revision: revision }: RunConfig): Promise<string[]> {
  const at = `model_name_or_path: ${folder}`
  if (isHubName(folder)) return [notHere(folder, revision)]
  if (!isAbsolute(folder)) return [`${at} is not an absolute path.`]
  const kind = await kindOf(folder)
  if (kind === 'missing') return [`${at} does not exist; wanted a model folder on this machine.`]
  if (kind === 'file') return [`${at} is a file; wanted the folder with config.json and the safetensors files.`]
  const names = await readdir(folder)
  const missing = ['config.json', 'tokenizer.json'].filter((name) => !names.includes(name))
  const weights = names.some((name) => name.endsWith('.safetensors'))
  return [
    ...missing.map((name) => `${at} has no ${name}.`),
    ...(weights ? [] : [`${at} has no .safetensors file (other weight formats are not read).`]),
  ]
}

async function dataFaults(field: keyof RunConfig, file: string | null): Promise<string[]> {
  if (file === null) return []
  if (!isAbsolute(file)) return [`${field}: ${file} is not an absolute path.`]
  const kind = await kindOf(file)
  if (kind !== 'file')
    return [`${field}: ${file} ${kind === 'folder' ? 'is a folder; wanted a data file' : 'does not exist'}.`]
  const readable = await access(file, constants.R_OK).then(
    () => true,
    () => false,
  )
  if (!readable) return [`${field}: ${file} may not be read by this user.`]
  return (await stat(file)).size === 0 ? [`${field}: ${file} is empty.`] : []
}

/** The cheap checks before a run is accepted, all faults at once; what is inside the files is the engine's to judge. */
export async function checkRunnable(config: RunConfig): Promise<void> {
  const details = [
    ...(await modelFaults(config)),
    ...revisionFaults(config),
    ...(await dataFaults('train_file', config.train_file)),
    ...(await dataFaults('validation_file', config.validation_file)),
    ...(await dataFaults('test_file', config.test_file)),
  ]
  if (details.length === 0) return
  const more = details.length > 1 ? ` (${details.length} faults in all)` : ''
  throw fault('bad-config', `The run cannot start: ${details[0]}${more}`, {
    hint: 'Correct the named fields and start again.',
    details,
  })
}
