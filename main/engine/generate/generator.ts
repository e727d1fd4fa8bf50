import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { ADAPTERS, frontRule } from '../adapters/index.ts'
import { readJsonObject } from '../formats/json-file.ts'
import { openModelFolder, readConfig } from '../formats/model-folder.ts'
import type { Backend } from '../ir/executable.ts'
import { modelFromConfig } from '../models/index.ts'
import { baseWeights } from '../train/base-weights.ts'
import { openCheckpoint } from '../train/checkpoint.ts'
import { checkWeights, initialValues } from '../train/initial-values.ts'
import { refuseTooLarge } from '../train/refuse-too-large.ts'
import { targetLinears } from '../train/targets.ts'
import { inferenceSettings } from './inference-settings.ts'
import { CHUNKS, emptyCache, type StepProgram, stepProgram } from './step-program.ts'

/** Slots of the cache where the model allows more and its run has no longer samples: enough for a talk, and quick. */
const DEFAULT_SLOTS = 1024

/** A model that continues a text token by token. Calls must not overlap. */
export type Generator = {
  /** Tokens that prompt and answer may have together, a prefix not counted. */
  readonly slots: number
  /** Ids that end an answer, beside the tokenizer's own. */
  readonly endIds: readonly number[]
  /** Feeds tokens standing at `start` and on; logits [vocab] of what follows them. */
  feed(ids: readonly number[], start: number): Promise<Float32Array>
  /** Tokens at the beginning of `ids` whose keys and values the cache holds already. */
  held(ids: readonly number[]): number
  dispose(): void
}

export type GeneratorRequest = {
  /** Of a run; its method counts only with a checkpoint. */
  readonly config: RunConfig
  /** Checkpoint folder whose trained values are used, or null for the base model. */
  readonly checkpoint: string | null
  /** As in {@link Generator}. */
  readonly slots?: number
}

/** Compiles and loads a model; adapters stay beside the weights, computed as in training, so every method can be tried. */
export async function openGenerator(backend: Backend, request: GeneratorRequest): Promise<Generator> {
  const { checkpoint } = request
  const config = inferenceSettings(request.config, checkpoint)
  const folder = config.model_name_or_path
  const model = causalModel(readConfig(folder))
  const taken = frontRule(config)?.length(config) ?? 0
  const wanted = request.slots ?? Math.max(DEFAULT_SLOTS, config.max_seq_length)
  // Keys in the cache are turned once: beyond that length a text would have to be read again with other frequencies.
  const { maxPositions, steadyPositions = maxPositions } = model.description
  const slots = Math.min(wanted, Math.min(maxPositions, steadyPositions) - taken)
  const targets = checkpoint === null ? [] : targetLinears(model.description, config)
  const weights = baseWeights(openModelFolder(folder), model.description, config.seed)
  try {
    checkWeights(weights, model.description)
    const { program, layout, cache } = stepProgram({
      model,
      targets,
      method: ADAPTERS[config.method],
      config,
      stored: (name) => weights.info(name).dtype,
      slots: taken + slots,
    })
    refuseTooLarge(program, backend)
    const executable = await backend.compile(program)
    const opened = checkpoint === null ? null : openCheckpoint(checkpoint, layout, config, false)
    try {
      await executable.write(startValues(initialValues(weights, layout, config.seed, opened?.value), cache))
    } finally {
      opened?.close()
    }
    for (const name of ['prepare', 'refresh', 'prefix']) if (name in program.signatures) await executable.run(name, {})
    const run = async (chunk: Int32Array, offsets: Int32Array) => {
      const positions = offsets.map((offset) => taken + offset)
      const outputs = await executable.run(`generate:${chunk.length}`, { inputIds: chunk, positions })
      return outputs.logits as Float32Array
    }
    return { slots, endIds: endIdsOf(folder), ...cachedFeed(slots, run), dispose: executable.dispose }
  } finally {
    weights.close()
  }
}

/** Backends take all variables in one go. */
function* startValues(model: ReturnType<typeof initialValues>, cache: StepProgram['cache']): typeof model {
  yield* model
  yield* emptyCache(cache)
}

function causalModel(json: Readonly<Record<string, unknown>>) {
  const model = modelFromConfig(json, { type: 'CAUSAL_LM' })
  if (!model.description.bidirectional) return model
  throw fault('unsupported-model', `${model.description.modelType} is an encoder; it cannot continue a text.`, {
    hint: 'Choose a causal language model.',
  })
}

type RunChunk = (chunk: Int32Array, positions: Int32Array) => Promise<Float32Array>

/** Cuts tokens into the chunks the program takes, and keeps account of which token each slot of the cache stands for. */
function cachedFeed(slots: number, run: RunChunk): Pick<Generator, 'feed' | 'held'> {
  const inCache: number[] = []
  return {
    held: (ids) => {
      const differs = ids.findIndex((id, i) => id !== inCache[i])
      return differs < 0 ? ids.length : differs
    },
    feed: async (ids, start) => {
      refuseOutside(ids.length, start, slots)
      // What stood behind is seen no more: a query sees the slots up to its own.
      inCache.length = Math.min(inCache.length, start)
      let logits = new Float32Array()
      for (let at = 0; at < ids.length; ) {
        const size = CHUNKS.find((chunk) => chunk <= ids.length - at) as number
        const positions = Int32Array.from({ length: size }, (_, i) => start + at + i)
        const chunk = ids.slice(at, at + size)
        logits = Float32Array.from(await run(Int32Array.from(chunk), positions))
        inCache.push(...chunk)
        at += size
      }
      return logits
    },
  }
}

function refuseOutside(count: number, start: number, slots: number): void {
  if (count > 0 && start + count <= slots) return
  throw fault('bad-data', `The text has ${start + count} tokens, wanted 1 to ${slots}.`, {
    hint: 'Shorten the prompt.',
  })
}

/** All `eos_token_id`s of config.json and generation_config.json. */
function endIdsOf(folder: string): number[] {
  const files = ['config.json', 'generation_config.json'].map((name) => join(folder, name)).filter(existsSync)
  const listed = files.flatMap((path) => [readJsonObject(path, 20_000_000).eos_token_id].flat())
  return [...new Set(listed.filter((id): id is number => Number.isInteger(id)))]
}
