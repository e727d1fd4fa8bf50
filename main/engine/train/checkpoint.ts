import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { fault } from '../../../shared/domain/error.ts'
import { METHODS } from '../../../shared/domain/method.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { adapterConfigJson } from '../formats/peft-config.ts'
import { openSafetensors } from '../formats/safetensors.ts'
import { commitFolder } from '../formats/write-folder.ts'
import { writeSafetensors } from '../formats/write-safetensors.ts'
import type { Executable } from '../ir/executable.ts'
import { sameShape, sizeOf } from '../ir/graph.ts'
import { entryValues } from './initial-values.ts'
import type { StateLayout, Trainable } from './state.ts'

const trainerStateSchema = z.object({
  format: z.literal(1),
  step: z.number().int().min(0),
  tokens: z.number().min(0),
  evalLoss: z.number().nullable(),
  /** Both must be what they were, or the continued losses would be another run's. */
  modelHash: z.string(),
  dataHash: z.string(),
})
export type TrainerState = z.infer<typeof trainerStateSchema>

/** PEFT's key of a trainable, or the base weight's own name. */
export const fileKey = (module: string, part: string) => (part === '' ? module : `base_model.model.${module}.${part}`)
const slots = ['exp_avg', 'exp_avg_sq'] as const

/** File that holds the trainables: PEFT's adapter file, or a whole model where the base is trained. */
export const weightsFile = (config: RunConfig) =>
  config.method === 'full' ? 'model.safetensors' : 'adapter_model.safetensors'

/**
 * Writes `checkpoint-<step>` in the run folder: trainables (loadable by PEFT as they are), optimizer moments, and
 * trainer_state.json. Complete or absent, never half there.
 */
export async function writeCheckpoint(
  runFolder: string,
  executable: Executable,
  layout: StateLayout,
  config: RunConfig,
  state: TrainerState,
): Promise<{ folder: string; bytes: number }> {
  const folder = join(runFolder, `checkpoint-${state.step}`)
  const write = async (temporary: string) => {
    await writeTrainables(join(temporary, weightsFile(config)), executable, layout.trainables)
    await writeSlots(join(temporary, 'optimizer.safetensors'), executable, layout.trainables)
    writeFileSync(join(temporary, 'trainer_state.json'), `${JSON.stringify(state, null, 2)}\n`)
    if (METHODS[config.method].adapterExport) {
      writeFileSync(join(temporary, 'adapter_config.json'), adapterConfigJson(withTargetNames(config, layout)))
    }
  }
  // A run resumed from an older checkpoint writes the later ones again, with the same content.
  await commitFolder(folder, write, { replace: true })
  return { folder, bytes: folderBytes(folder) }
}

/** `all-linear` spelt out, so that a reader of the file need not know how it was expanded. */
const withTargetNames = (config: RunConfig, { trainables }: StateLayout): RunConfig => ({
  ...config,
  target_modules: [...new Set(trainables.flatMap(({ entries }) => entries.map(({ module }) => lastName(module))))],
})
const lastName = (module: string) => module.slice(module.lastIndexOf('.') + 1)

function* fileTensors(executable: Executable, trainables: readonly Trainable[], prefix: '' | (typeof slots)[number]) {
  const variables = trainables.map((t) => (prefix === '' ? t.variable : prefix === 'exp_avg' ? t.first : t.second))
  const values = executable.read(variables.map(({ name }) => name))
  let i = 0
  for (const [, packed] of values) {
    const { variable, entries } = trainables[i++] as Trainable
    for (const entry of entries) {
      const key = fileKey(entry.module, entry.part)
      yield {
        name: prefix === '' ? key : `${prefix}.${key}`,
        dtype: 'F32' as const,
        ...entryValues(packed, variable, entry),
      }
    }
  }
}

const writeTrainables = (path: string, executable: Executable, trainables: readonly Trainable[]) =>
  writeSafetensors(path, [...fileTensors(executable, trainables, '')], { format: 'pt' })

const writeSlots = (path: string, executable: Executable, trainables: readonly Trainable[]) =>
  writeSafetensors(
    path,
    slots.flatMap((slot) => [...fileTensors(executable, trainables, slot)]),
    {},
  )

const folderBytes = (folder: string): number =>
  readdirSync(folder).reduce((total, name) => total + statSync(join(folder, name)).size, 0)

/** A checkpoint opened for restoring: its state, and the packed value of a variable (undefined for frozen ones). */
export type OpenCheckpoint = {
  readonly state: TrainerState
  value(variable: string): Float32Array | undefined
  close(): void
}

/** Opens a checkpoint and checks that it fits the layout: all faults in one error. */
export function openCheckpoint(
  folder: string,
  layout: StateLayout,
  config: RunConfig,
  withOptimizer: boolean,
): OpenCheckpoint {
  const state = readTrainerState(folder)
  const weights = openSafetensors(join(folder, weightsFile(config)))
  const optimizer = withOptimizer ? openSafetensors(join(folder, 'optimizer.safetensors')) : null
  const sources = new Map<string, () => Float32Array>()
  const complaints: string[] = []
  const add = (file: typeof weights, variable: string, prefix: string, { entries, variable: shape }: Trainable) => {
    for (const entry of entries) {
      const key = prefix + fileKey(entry.module, entry.part)
      const got = file.tensors.get(key)
      if (!got) complaints.push(`"${key}" is missing`)
      else if (!sameShape(got.shape, entry.shape))
        complaints.push(`"${key}" is [${got.shape}], wanted [${entry.shape}]`)
    }
    const width = sizeOf(shape.shape) / (shape.shape[0] ?? 1)
    sources.set(variable, () =>
      packEntries(entries, width, sizeOf(shape.shape), (key) => file.readFloat32(prefix + key)),
    )
  }
  for (const trainable of layout.trainables) {
    add(weights, trainable.variable.name, '', trainable)
    if (optimizer) {
      add(optimizer, trainable.first.name, 'exp_avg.', trainable)
      add(optimizer, trainable.second.name, 'exp_avg_sq.', trainable)
    }
  }
  if (complaints.length > 0) {
    throw fault('bad-tensor', `${folder}: the checkpoint does not fit this run: ${complaints[0]}.`, {
      hint: 'Was it written by a run with other settings?',
      details: complaints,
    })
  }
  return {
    state,
    value: (variable) => sources.get(variable)?.(),
    close: () => {
      weights.close()
      optimizer?.close()
    },
  }
}

function packEntries(
  entries: Trainable['entries'],
  width: number,
  size: number,
  tensor: (key: string) => Float32Array,
) {
  if (entries.length === 1)
    return tensor(fileKey((entries[0] as Trainable['entries'][0]).module, (entries[0] as Trainable['entries'][0]).part))
  const packed = new Float32Array(size)
  for (const { module, part, begin } of entries) packed.set(tensor(fileKey(module, part)), begin * width)
  return packed
}

function readTrainerState(folder: string): TrainerState {
  const path = join(folder, 'trainer_state.json')
  try {
    return trainerStateSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    throw fault('bad-file', `${path}: ${error instanceof Error ? error.message : error}`, {
      hint: 'The checkpoint is damaged; resume from an older one.',
    })
  }
}

/** Deletes the oldest checkpoints beyond the limit; answers with their folders. */
export function pruneCheckpoints(runFolder: string, keep: number): string[] {
  const steps = readdirSync(runFolder)
    .flatMap((name) => (/^checkpoint-\d+$/.test(name) ? [Number(name.slice('checkpoint-'.length))] : []))
    .sort((a, b) => a - b)
  return steps.slice(0, Math.max(0, steps.length - keep)).map((step) => {
    const folder = join(runFolder, `checkpoint-${step}`)
    rmSync(folder, { recursive: true, force: true })
    return folder
  })
}
