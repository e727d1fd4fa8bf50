import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { fault, StudioError } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { manyFaults } from '../formats/file-fault.ts'
import { readJsonObject } from '../formats/json-file.ts'
import { openSafetensors, type SafetensorsFile } from '../formats/safetensors.ts'
import { commitFolder, removeFolder } from '../formats/write-folder.ts'
import { type Arrival, writeArriving } from '../formats/write-safetensors.ts'
import type { Executable } from '../ir/executable.ts'
import { entryValues } from './initial-values.ts'
import { packingFaults, readPacking, savedArrays } from './packed-file.ts'
import { adapterConfigText, isPeftForm } from './peft-form.ts'
import type { Packing, StateLayout, Trainable } from './state.ts'

const trainerStateSchema = z.object({
  format: z.literal(1),
  step: z.number().int().min(0),
  tokens: z.number().min(0),
  evalLoss: z.number().nullable(),
  /** Both must be what they were, or the continued losses would be another run's. */
  modelHash: z.string(),
  dataHash: z.string(),
  /** Absent in checkpoints of earlier versions. */
  best: z
    .object({
      step: z.number().int().nullable(),
      loss: z.number().nullable(),
      misses: z.number().int().min(0),
      seenAt: z.number().int().nullable(),
    })
    .optional(),
})
export type TrainerState = z.infer<typeof trainerStateSchema>

const MAX_STATE_BYTES = 1_000_000
const slotPrefix = { first: 'exp_avg.', second: 'exp_avg_sq.' } as const

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
    await writeArrays(join(temporary, weightsFile(config)), executable, savedArrays(layout))
    await writeMoments(join(temporary, 'optimizer.safetensors'), executable, layout.trainables)
    writeFileSync(join(temporary, 'trainer_state.json'), `${JSON.stringify(state, null, 2)}\n`)
    if (isPeftForm(config, layout)) {
      writeFileSync(join(temporary, 'adapter_config.json'), adapterConfigText(config, layout))
    }
  }
  // A run resumed from an older checkpoint writes the later ones again, with the same content.
  await commitFolder(folder, write, { replace: true })
  return { folder, bytes: folderBytes(folder) }
}

/** A variable of the file, with the arrays that are stacked in it. */
type Stack = Pick<Packing, 'variable' | 'entries'> & { readonly prefix: string }

/** Reads and writes one group of variables after the other: full fine-tuning has moments of twice the model's size. */
function writeStacks(path: string, executable: Executable, stacks: readonly Stack[], metadata: Record<string, string>) {
  const tensors = stacks.flatMap(({ entries, prefix }) =>
    entries.map(({ key, shape }) => ({ name: prefix + key, dtype: 'F32' as const, shape })),
  )
  function* values(): Iterable<Arrival> {
    let i = 0
    for (const [, packed] of executable.read(stacks.map(({ variable }) => variable.name))) {
      const { variable, entries, prefix } = stacks[i++] as Stack
      for (const entry of entries) yield [prefix + entry.key, entryValues(packed, variable, entry).data]
    }
  }
  return writeArriving(path, tensors, values(), metadata)
}

const writeArrays = (path: string, executable: Executable, packings: readonly Packing[]) =>
  writeStacks(
    path,
    executable,
    packings.map(({ variable, entries }) => ({ variable, entries, prefix: '' })),
    { format: 'pt' },
  )

/** Both moments of a trainable side by side, as they are in the layout: each group is then read once. */
const writeMoments = (path: string, executable: Executable, trainables: readonly Trainable[]) =>
  writeStacks(
    path,
    executable,
    trainables.flatMap(({ entries, first, second }) => [
      { variable: first, entries, prefix: slotPrefix.first },
      { variable: second, entries, prefix: slotPrefix.second },
    ]),
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
  const { state, weights, optimizer } = openFiles(folder, config, withOptimizer)
  const sources = new Map<string, () => Float32Array>()
  const complaints: string[] = []
  const add = (file: SafetensorsFile, variable: string, packing: Packing, prefix = '') => {
    complaints.push(...packingFaults(file, packing, prefix))
    sources.set(variable, () => readPacking(file, packing, prefix))
  }
  for (const packing of savedArrays(layout)) add(weights, packing.variable.name, packing)
  if (optimizer) {
    for (const trainable of layout.trainables) {
      add(optimizer, trainable.first.name, trainable, slotPrefix.first)
      add(optimizer, trainable.second.name, trainable, slotPrefix.second)
    }
  }
  if (complaints.length > 0) {
    throw fault('bad-tensor', `${folder}: the checkpoint does not fit this run: ${complaints[0]}.`, {
      hint: 'Was it written by a run with other settings?',
      details: complaints,
    })
  }
  return {
    get state() {
      return state ?? readTrainerState(folder)
    },
    value: (variable) => sources.get(variable)?.(),
    close: () => {
      weights.close()
      optimizer?.close()
    },
  }
}

const openFiles = (folder: string, config: RunConfig, withOptimizer: boolean) =>
  inCheckpoint(folder, () => ({
    // An adapter from elsewhere can be looked at and merged, but not resumed: it has no state.
    state: withOptimizer ? readTrainerState(folder) : null,
    weights: openTrained(folder, config),
    optimizer: withOptimizer ? openSafetensors(join(folder, 'optimizer.safetensors')) : null,
  }))

/** The trained tensors of a checkpoint, under their names in the file. */
export const openTrained = (folder: string, config: RunConfig): SafetensorsFile =>
  inCheckpoint(folder, () => openSafetensors(join(folder, weightsFile(config))))

function readTrainerState(folder: string): TrainerState {
  const path = join(folder, 'trainer_state.json')
  const parsed = trainerStateSchema.safeParse(readJsonObject(path, MAX_STATE_BYTES))
  if (parsed.success) return parsed.data
  const complaints = parsed.error.issues.map(({ path: at, message }) => `"${at.join('.')}": ${message}`)
  throw manyFaults('bad-file', path, complaints, '')
}

/** Faults of a checkpoint's files say the way out: the checkpoints before it are whole. */
function inCheckpoint<T>(folder: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof StudioError)) throw error
    const hint = `The checkpoint is damaged. Delete the folder ${folder}: the one before is used then, if there is one.`
    throw new StudioError({ ...error.data, hint })
  }
}

/**
 * Deletes the oldest checkpoints beyond the limit, but never that of step `spared`; answers with their folders. Those after
 * `step` are of a run that was ahead when it was killed: they neither count nor go, and are written again in their turn.
 */
export function pruneCheckpoints(
  runFolder: string,
  keep: number,
  step: number,
  spared: number | null = null,
): string[] {
  const steps = readdirSync(runFolder)
    .flatMap((name) => (/^checkpoint-\d+$/.test(name) ? [Number(name.slice('checkpoint-'.length))] : []))
    .filter((one) => one <= step && one !== spared)
    .sort((a, b) => a - b)
  return steps.slice(0, Math.max(0, steps.length - keep)).map((one) => {
    const folder = join(runFolder, `checkpoint-${one}`)
    removeFolder(folder)
    return folder
  })
}
