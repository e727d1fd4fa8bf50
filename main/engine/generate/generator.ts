import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { ADAPTERS } from '../adapters/index.ts'
import { readJsonObject } from '../formats/json-file.ts'
import { openModelFolder, readConfig } from '../formats/model-folder.ts'
import type { Backend } from '../ir/executable.ts'
import { modelFromConfig } from '../models/index.ts'
import { baseWeights } from '../train/base-weights.ts'
import { openCheckpoint } from '../train/checkpoint.ts'
import { checkWeights, initialValues } from '../train/initial-values.ts'
import { refuseTooLarge } from '../train/session.ts'
import { targetLinears } from '../train/targets.ts'
import { CHUNKS, emptyCache, type StepProgram, stepProgram } from './step-program.ts'

/** Slots of the cache where the model allows more: enough for an answer, little enough to be quick. */
const DEFAULT_SLOTS = 1024

/** A model that continues a text token by token. Calls must not overlap. */
export type Generator = {
  /** Tokens that prompt and answer may have together. */
  readonly slots: number
  /** Ids that end an answer, beside the tokenizer's own. */
  readonly endIds: readonly number[]
  /** Feeds tokens standing at `start` and on; logits [vocab] of what follows them. */
  feed(ids: readonly number[], start: number): Promise<Float32Array>
  dispose(): void
}

export type GeneratorRequest = {
  /** Of a run; its method counts only with a checkpoint. */
  readonly config: RunConfig
  /** Checkpoint folder whose trained values are used, or null for the base model. */
  readonly checkpoint: string | null
  readonly slots?: number
}

/** Compiles and loads a model; adapters stay beside the weights, computed as in training, so every method can be tried. */
export async function openGenerator(backend: Backend, request: GeneratorRequest): Promise<Generator> {
  const { checkpoint } = request
  const config = settings(request)
  const folder = config.model_name_or_path
  const model = causalModel(readConfig(folder))
  const slots = Math.min(request.slots ?? DEFAULT_SLOTS, model.description.maxPositions)
  const targets = checkpoint === null ? [] : targetLinears(model.description, config)
  const step = stepProgram({ model, targets, method: ADAPTERS[config.method], config, slots })
  refuseTooLarge(step.program)
  const weights = baseWeights(openModelFolder(folder), model.description, config.seed)
  const opened = checkpoint === null ? null : openCheckpoint(checkpoint, step.layout, config, false)
  try {
    checkWeights(weights, model.description)
    const executable = await backend.compile(step.program)
    await executable.write(startValues(initialValues(weights, step.layout, config.seed, opened?.value), step.cache))
    for (const name of ['prepare', 'refresh']) if (name in step.program.signatures) await executable.run(name, {})
    return {
      slots,
      endIds: endIdsOf(folder),
      feed: (ids, start) =>
        feed(ids, start, slots, async (chunk, positions) => {
          const inputs = { inputIds: chunk, positions }
          return (await executable.run(`generate:${chunk.length}`, inputs)).logits as Float32Array
        }),
      dispose: executable.dispose,
    }
  } finally {
    opened?.close()
    weights.close()
  }
}

/** Backends take all variables in one go. */
function* startValues(model: ReturnType<typeof initialValues>, cache: StepProgram['cache']): typeof model {
  yield* model
  yield* emptyCache(cache)
}

/** The base alone needs none of the run's method. */
function settings({ config, checkpoint }: GeneratorRequest): RunConfig {
  const common = { ...config, trajectory_steps: 0, gradient_accumulation_steps: 1, lora_dropout: 0 }
  return checkpoint === null ? { ...common, method: 'full', quantization: 'none' } : common
}

function causalModel(json: Readonly<Record<string, unknown>>) {
  const model = modelFromConfig(json, { type: 'CAUSAL_LM' })
  if (!model.description.bidirectional) return model
  throw fault('unsupported-model', `${model.description.modelType} is an encoder; it cannot continue a text.`, {
    hint: 'Choose a causal language model.',
  })
}

async function feed(
  ids: readonly number[],
  start: number,
  slots: number,
  run: (chunk: Int32Array, positions: Int32Array) => Promise<Float32Array>,
): Promise<Float32Array> {
  if (ids.length === 0 || start + ids.length > slots) {
    throw fault('bad-data', `The text has ${start + ids.length} tokens, wanted 1 to ${slots}.`, {
      hint: 'Shorten the prompt.',
    })
  }
  let logits = new Float32Array()
  for (let at = 0; at < ids.length; ) {
    const size = CHUNKS.find((chunk) => chunk <= ids.length - at) as number
    const positions = Int32Array.from({ length: size }, (_, i) => start + at + i)
    logits = Float32Array.from(await run(Int32Array.from(ids.slice(at, at + size)), positions))
    at += size
  }
  return logits
}

/** All `eos_token_id`s of config.json and generation_config.json. */
function endIdsOf(folder: string): number[] {
  const files = ['config.json', 'generation_config.json'].map((name) => join(folder, name)).filter(existsSync)
  const listed = files.flatMap((path) => [readJsonObject(path, 20_000_000).eos_token_id].flat())
  return [...new Set(listed.filter((id): id is number => Number.isInteger(id)))]
}
