import { DATA_EXTENSIONS } from '../../../shared/domain/data-files.ts'
import { fault, type StudioErrorData } from '../../../shared/domain/error.ts'
import type { HubFile } from '../../../shared/domain/hub.ts'

/** What the studio reads of a model beside its weights, or hands on to an export. */
const MODEL_FILES: readonly RegExp[] = [
  /^config\.json$/,
  /^generation_config\.json$/,
  /^tokenizer[\w.-]*\.(json|model)$/,
  /^(special_tokens_map|added_tokens|vocab|chat_template)\.json$/,
  /^(vocab|merges)\.txt$/,
  /^chat_template\.jinja$/,
]
const WHOLE_WEIGHTS = 'model.safetensors'
const INDEX = 'model.safetensors.index.json'
const SHARD = /^model-\d{5}-of-(\d{5})\.safetensors$/
const PICKLE = /\.(bin|pt|pth|ckpt)$/
/** Plain HTTP goes no further on the hub; weights are cut in shards of a few gigabytes. */
const LARGEST_FILE = 50e9

const named = (files: readonly HubFile[], name: string): boolean => files.some(({ path }) => path === name)

/** The weights as the engine reads them: one file where there is one, else the shards with their index. */
function weightFiles(files: readonly HubFile[]): HubFile[] {
  const whole = files.filter(({ path }) => path === WHOLE_WEIGHTS)
  return whole.length > 0 ? whole : files.filter(({ path }) => path === INDEX || SHARD.test(path))
}

/** The files of a model that are fetched; nothing else of a repository is touched, above all no pickle. */
export function modelFiles(files: readonly HubFile[]): HubFile[] {
  const others = files.filter(({ path }) => MODEL_FILES.some((pattern) => pattern.test(path)))
  return [...others, ...weightFiles(files)]
}

const bad = (message: string, hint: string): StudioErrorData => fault('unsupported-model', message, { hint }).data

const tooLarge = (files: readonly HubFile[]): StudioErrorData | null => {
  const file = files.find(({ bytes }) => bytes > LARGEST_FILE)
  return file
    ? fault('bad-file', `${file.path} has ${file.bytes} bytes; at most ${LARGEST_FILE} can be fetched as one file.`, {
        hint: 'Fetch it with "hf download" and add the folder here.',
      }).data
    : null
}

function weightProblem(repo: string, files: readonly HubFile[]): StudioErrorData | null {
  const shards = files.flatMap(({ path }) => SHARD.exec(path)?.[1] ?? [])
  if (named(files, WHOLE_WEIGHTS)) return null
  if (named(files, INDEX) && shards.length > 0 && shards.length >= Number(shards[0])) return null
  if (shards.length > 0)
    return bad(
      `${repo}: ${shards.length} of ${Number(shards[0])} weight files and their index are listed.`,
      'Choose another revision.',
    )
  if (files.some(({ path }) => PICKLE.test(path))) {
    return bad(
      `${repo} has its weights as pickle files (.bin, .pt) only.`,
      'Pickle files can run code when they are opened, so they are not fetched. Many such models have safetensors in a pull request of the hub’s converter: try the revision refs/pr/1, or look for a copy with safetensors.',
    )
  }
  return bad(`${repo} has no ${WHOLE_WEIGHTS} and no shards of it.`, 'Choose a model in the layout of transformers.')
}

/** Why a model cannot be used, from its list of files alone; null: nothing speaks against it. */
export function modelProblem(repo: string, files: readonly HubFile[]): StudioErrorData | null {
  if (!named(files, 'config.json')) {
    return named(files, 'adapter_config.json')
      ? bad(
          `${repo} is an adapter, not a model.`,
          'Download the model it was trained on, and merge the adapter into it.',
        )
      : bad(`${repo} has no config.json.`, 'Choose a model in the layout of transformers.')
  }
  const weights = weightProblem(repo, files)
  if (weights) return weights
  if (!named(files, 'tokenizer.json'))
    return bad(
      `${repo} has no tokenizer.json; older tokenizer files are not read.`,
      'Save it with a fast tokenizer of transformers, or choose another copy.',
    )
  return tooLarge(modelFiles(files))
}

const DATA = new RegExp(`\\.(${DATA_EXTENSIONS.join('|')})$`, 'i')
/** Text and JSON files that describe a repository and hold no rows. */
const NO_ROWS = /(^|\/)(README|LICENSE|dataset_infos?|dataset_dict|state|requirements)\.(txt|json)$/i

/** Data files the studio reads. */
export const dataFiles = (files: readonly HubFile[]): HubFile[] =>
  files.filter(({ path }) => DATA.test(path) && !NO_ROWS.test(path))

/** Why nothing of a data set can be used; null: something can. */
export function dataProblem(repo: string, files: readonly HubFile[]): StudioErrorData | null {
  if (dataFiles(files).length > 0) return tooLarge(dataFiles(files))
  return fault('bad-data', `${repo} has no file that is read as data (${DATA_EXTENSIONS.join(', ')}).`, {
    hint: 'Many data sets have Parquet files at the revision refs/convert/parquet; try that.',
  }).data
}
