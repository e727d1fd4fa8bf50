import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ModelFacts, Problem } from '../../../shared/domain/model-facts.ts'
import { openTokenizer } from '../data/tokenizer.ts'
import { onFile } from '../formats/file-fault.ts'
import { isJsonObject, type JsonObject, readJsonObject } from '../formats/json-file.ts'
import { type ModelFolder, openModelFolder, readConfig } from '../formats/model-folder.ts'
import { dtypeCounts } from '../formats/stored-dtype.ts'
import { ENCODERS, modelFromConfig } from '../models/index.ts'
import type { LinearSpec, ModelTask } from '../models/model.ts'
import { baseWeights } from '../train/base-weights.ts'
import { checkWeights } from '../train/initial-values.ts'
import { attempt } from './problem.ts'

const FIELD = 'model_name_or_path'
/** What makes a folder look like that of a model. */
const MODEL_FILE = /^(config\.json|tokenizer.*\.json|.*\.safetensors|.*\.safetensors\.index\.json)$/
const maxTokenizerBytes = 200_000_000

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const countOf = (...values: unknown[]): number | null => {
  const value = values.find((one) => Number.isInteger(one))
  return typeof value === 'number' ? value : null
}

/** What a model folder holds and whether it can be trained; faults become problems, so that a broken folder is described too. */
export function inspectModel(folder: string): ModelFacts {
  const problems: Problem[] = []
  const entries = attempt(problems, FIELD, () => onFile(folder, () => readdirSync(folder)))
  if (entries === null) return { ...emptyFacts(folder), problems }
  if (!entries.some((name) => MODEL_FILE.test(name))) {
    // No model at all, as on the way to one while a path is typed: told once, not for every file that is missing.
    attempt(problems, FIELD, () => openModelFolder(folder))
    return { ...emptyFacts(folder), problems }
  }
  const config = attempt(problems, FIELD, () => readConfig(folder))
  const weights = attempt(problems, FIELD, () => openModelFolder(folder))
  const tokenizer = attempt(problems, FIELD, () => tokenizerFacts(folder))
  const model = config && attempt(problems, FIELD, () => modelFromConfig(config, plainTask(config)).description)
  if (model && weights) attempt(problems, FIELD, () => checkWeights(baseWeights(weights, model, 0), model))
  weights?.close()
  const architectures = config?.architectures
  return {
    ...emptyFacts(folder),
    architecture: textOf(Array.isArray(architectures) ? architectures[0] : architectures),
    modelType: textOf(config?.model_type),
    layers: model?.layers ?? countOf(config?.num_hidden_layers, config?.n_layer),
    hiddenSize: countOf(config?.hidden_size, config?.n_embd),
    vocabSize: model?.vocabSize ?? countOf(config?.vocab_size),
    maxPositions: model?.maxPositions ?? countOf(config?.max_position_embeddings, config?.n_positions),
    linears: model ? lastNames(model.linears) : [],
    embeddings: model ? lastNames(model.embeddings) : [],
    dropouts: model?.dropouts ?? null,
    ...(weights ? weightFacts(weights) : {}),
    bytes: entries
      .filter((name) => /\.(safetensors|bin|pt|pth|gguf)$/.test(name))
      .reduce((total, name) => total + (attempt([], FIELD, () => statSync(join(folder, name)).size) ?? 0), 0),
    tokenizer,
    trainable: problems.length === 0,
    problems,
  }
}

/** Encoders are looked at without a head; what else they can be trained for shows when a run is set up. */
const plainTask = ({ model_type: type }: JsonObject): ModelTask => ({
  type: ENCODERS.includes(textOf(type)) ? 'FEATURE_EXTRACTION' : 'CAUSAL_LM',
})

const emptyFacts = (folder: string): ModelFacts => ({
  folder,
  architecture: '',
  modelType: '',
  parameters: null,
  layers: null,
  hiddenSize: null,
  vocabSize: null,
  maxPositions: null,
  bytes: 0,
  files: 0,
  dtypes: [],
  tokenizer: null,
  linears: [],
  embeddings: [],
  dropouts: null,
  trainable: false,
  problems: [],
})

/** `all-linear` leaves the head out, and so does what a form offers. */
const lastNames = (layers: readonly LinearSpec[]): string[] => [
  ...new Set(layers.filter(({ head }) => !head).map(({ module }) => module.slice(module.lastIndexOf('.') + 1))),
]

function weightFacts(weights: ModelFolder): Pick<ModelFacts, 'parameters' | 'files' | 'dtypes'> {
  const counts = dtypeCounts(weights)
  const parameters = counts.reduce((sum, [, count]) => sum + count, 0)
  const dtypes = counts.map(([dtype, count]) => ({ dtype, share: parameters === 0 ? 0 : count / parameters }))
  return { parameters, files: weights.files.length, dtypes }
}

function tokenizerFacts(folder: string): ModelFacts['tokenizer'] {
  const { eosToken, addsBos, chatTemplate } = openTokenizer(folder)
  const { model } = readJsonObject(join(folder, 'tokenizer.json'), maxTokenizerBytes)
  const kind = isJsonObject(model) ? textOf(model.type) : ''
  return { kind: kind || 'unknown kind', endToken: eosToken, addsStart: addsBos, chatTemplate: chatTemplate !== null }
}
