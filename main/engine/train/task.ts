import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { frontRule } from '../adapters/index.ts'
import { labelNames } from '../data/label-names.ts'
import { readLabelledRows } from '../data/labelled-rows.ts'
import { isJsonObject, type JsonObject, readJsonObject } from '../formats/json-file.ts'
import { openModelFolder, readConfig } from '../formats/model-folder.ts'
import { modelFromConfig } from '../models/index.ts'
import type { Model, ModelTask } from '../models/model.ts'
import { baseWeights } from './base-weights.ts'

/** A run's model with the head of its task, and the names of the classes by number. */
export type RunTask = { readonly model: Model; readonly labels: readonly string[] }

/** Tokens of text that a run has to have room for, as max_seq_length has. */
const LEAST_TEXT = 8

const LABELS_FILE = 'labels.json'
const MAX_LABELS_BYTES = 4_000_000

const hasClasses = ({ task_type: task, problem_type: problem }: RunConfig) =>
  task === 'TOKEN_CLS' || (task === 'SEQ_CLS' && problem !== 'regression')

/** The task as the run's data defines it; reads the training file where its labels are classes. */
export async function openTask(config: RunConfig): Promise<RunTask> {
  refuseContradictions(config)
  const json = readConfig(config.model_name_or_path)
  if (!hasClasses(config)) return taskWith(config, json, [])
  const rows = await readLabelledRows(config.train_file, config.columns, config)
  const least = config.problem_type === 'multi_label_classification' ? 1 : 2
  const names = labelNames(rows, config.train_file, least)
  return taskWith(config, json, inModelOrder(names, json))
}

/** The task of a run that has started, from what it wrote down; nothing is read of the data. */
export async function reopenTask(
  config: RunConfig,
  runFolder: string,
  base = config.model_name_or_path,
): Promise<RunTask> {
  const json = readConfig(base)
  if (!hasClasses(config)) return taskWith(config, json, [], base)
  const path = join(runFolder, LABELS_FILE)
  if (!existsSync(path)) return taskWith(config, json, (await openTask(config)).labels, base)
  const labels: unknown = readJsonObject(path, MAX_LABELS_BYTES).labels
  if (Array.isArray(labels) && labels.length > 0 && labels.every((name) => typeof name === 'string')) {
    return taskWith(config, json, labels, base)
  }
  throw fault('bad-file', `${path}: "labels" must be a list of names.`, { hint: 'Restore the run folder.' })
}

/** Writes down what the numbers of the classes mean, beside the checkpoints. */
export function writeLabels(runFolder: string, labels: readonly string[]): void {
  if (labels.length === 0) return
  writeFileSync(join(runFolder, LABELS_FILE), `${JSON.stringify({ labels }, null, 2)}\n`)
}

/** The model in a folder with a head for these labels. */
export const taskWith = (
  config: RunConfig,
  json: JsonObject,
  labels: readonly string[],
  base = config.model_name_or_path,
): RunTask => ({
  labels,
  model: behindFront(withWholeHead(modelFromConfig(json, modelTask(config, labels)), base), config),
})

/** What stands in front of the text takes positions from it. */
function behindFront(model: Model, config: RunConfig): Model {
  const taken = frontRule(config)?.length(config) ?? 0
  const maxPositions = model.description.maxPositions - taken
  if (maxPositions >= LEAST_TEXT) return { ...model, description: { ...model.description, maxPositions } }
  throw fault(
    'bad-config',
    `num_virtual_tokens: ${taken} leave ${Math.max(0, maxPositions)} of the model's ${model.description.maxPositions} positions for the text, wanted at least ${LEAST_TEXT}.`,
    { hint: 'Lower num_virtual_tokens.' },
  )
}

/**
 * Parts of the head that the folder lacks, though the family has them pre-trained (BERT's pooler), are trained whole and
 * saved like the rest of the head: nobody else could know how they started.
 */
function withWholeHead(model: Model, folderPath: string): Model {
  const { description } = model
  const { headModules, parameters, linears } = description
  const isHead = (name: string) => headModules.some((module) => name.startsWith(`${module}.`))
  const candidates = parameters.filter(({ name, fresh }) => fresh && !isHead(name))
  if (candidates.length === 0) return model
  const folder = openModelFolder(folderPath)
  folder.close()
  const { fileName } = baseWeights(folder, description, 0)
  const absent = candidates.filter(({ name }) => fileName(name) === null)
  const modules = [...new Set(absent.map(({ name }) => name.slice(0, name.lastIndexOf('.'))))]
  return {
    ...model,
    description: {
      ...description,
      headModules: [...modules, ...headModules],
      linears: linears.filter(({ module }) => !modules.includes(module)),
    },
  }
}

function modelTask({ task_type: type, problem_type: problem }: RunConfig, labels: readonly string[]): ModelTask {
  if (type === 'CAUSAL_LM' || type === 'FEATURE_EXTRACTION') return { type }
  return { type, labels: type === 'SEQ_CLS' && problem === 'regression' ? 1 : labels.length }
}

/** The order of the model's own classes where they are the data's, so that its head can be trained on. */
function inModelOrder(names: readonly string[], { label2id }: JsonObject): readonly string[] {
  if (!isJsonObject(label2id)) return names
  const ordered = Object.entries(label2id).sort(([, a], [, b]) => Number(a) - Number(b))
  const same = ordered.length === names.length && names.every((name) => name in label2id)
  return same ? ordered.map(([name]) => name) : names
}

function refuseContradictions({ task_type: task, problem_type: problem, packing }: RunConfig): void {
  const refuse = (message: string, hint: string) => {
    throw fault('bad-config', message, { hint })
  }
  if (packing && task !== 'CAUSAL_LM') refuse(`packing: ${task} has one sample a row.`, 'Set packing to false.')
  if (problem === 'single_label_classification') return
  if (task === 'CAUSAL_LM' || task === 'TOKEN_CLS' || (task === 'FEATURE_EXTRACTION' && problem !== 'regression')) {
    refuse(`problem_type: ${problem} does not go with ${task}.`, 'Leave problem_type out, or choose task_type SEQ_CLS.')
  }
}
