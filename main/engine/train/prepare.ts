import { basename, dirname } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { ADAPTERS } from '../adapters/index.ts'
import { loadData, type RunData } from '../data/load-data.ts'
import { hashModel, type ModelFolder, openModelFolder } from '../formats/model-folder.ts'
import type { Backend } from '../ir/executable.ts'
import type { LinearSpec, Model, ModelDescription } from '../models/model.ts'
import { openAdapter } from './adapter-import.ts'
import { baseWeights } from './base-weights.ts'
import { type BestSoFar, NOTHING_SEEN } from './best.ts'
import { openCheckpoint } from './checkpoint.ts'
import { checkWeights, initialValues } from './initial-values.ts'
import type { ProgramRequest } from './program.ts'
import type { RunControl, RunRequest } from './run.ts'
import { openSession, type Session } from './session.ts'
import { countTrainable } from './state.ts'
import { targetLinears } from './targets.ts'
import { openTask, reopenTask, writeLabels } from './task.ts'

/** A run that is ready to step: everything loaded, position known. */
export type PreparedRun = {
  readonly session: Session
  readonly data: RunData
  readonly targets: readonly LinearSpec[]
  readonly totalSteps: number
  readonly trainableParameters: number
  readonly modelHash: string
  readonly dataHash: string
  /** Completed optimizer steps, tokens seen, and the last validation loss; the loop moves them on. */
  step: number
  tokens: number
  evalLoss: number | null
  best: BestSoFar
}

const count = (values: Iterable<{ readonly shape: readonly number[] }>) =>
  [...values].reduce((total, { shape }) => total + shape.reduce((size, dim) => size * dim, 1), 0)

/** Reads model and data, builds and compiles the program, and fills the state from the base or a checkpoint. */
export async function prepareRun(backend: Backend, request: RunRequest, control: RunControl): Promise<PreparedRun> {
  const { config } = request
  const phase = async (text: string, progress: number | null = null) => {
    control.report({ type: 'phase', phase: text, progress })
    await control.breathe()
  }
  await phase('Reading the model')
  const { model, labels } = await openTask(config)
  const folder = openBase(config, model)
  const targets = targetLinears(model.description, config)
  checkWeights(folder, model.description)
  const modelHash = hashModel(config.model_name_or_path)
  await phase('Reading and tokenising the data')
  const data = await loadData(config, model.description, labels)
  if (request.resumeFrom === null) writeLabels(request.runFolder, labels)
  const { steps: totalSteps } = plannedLength(config, data.train.stepsPerEpoch)
  await phase('Building the graph')
  const evalShapes = [...(data.validation?.shapes ?? []), ...(data.test?.shapes ?? [])]
  const session = await openSession(backend, {
    model,
    targets,
    method: ADAPTERS[config.method],
    config,
    stored: (name) => folder.info(name).dtype,
    trainShapes: data.train.shapes,
    evalShapes,
  })
  await phase('Loading the weights')
  const position = await loadState(session, folder, request, modelHash, data.hash)
  folder.close()
  const trainableParameters = countTrainable(model.description, targets, ADAPTERS[config.method], config)
  const plan = { config, model: model.description, targets, data, totalSteps, trainableParameters, modelHash, session }
  reportPlan(backend, control, plan)
  await phase('Training', position.step / totalSteps)
  return { session, data, targets, totalSteps, trainableParameters, modelHash, dataHash: data.hash, ...position }
}

const openBase = ({ model_name_or_path: folder, seed }: RunConfig, { description }: Model) =>
  baseWeights(openModelFolder(folder), description, seed)

/** Optimizer steps of a whole run. */
const plannedSteps = (config: RunConfig, perEpoch: number): number =>
  config.max_steps > 0 ? config.max_steps : Math.max(1, Math.ceil(config.num_train_epochs * perEpoch))

/** How long a run is in optimizer steps, and in epochs, which need not be whole. */
export function plannedLength(config: RunConfig, stepsPerEpoch: number): { steps: number; epochs: number } {
  const steps = plannedSteps(config, stepsPerEpoch)
  return { steps, epochs: steps / stepsPerEpoch }
}

type Position = { step: number; tokens: number; evalLoss: number | null; best: BestSoFar }

async function loadState(
  session: Session,
  folder: ModelFolder,
  { config, resumeFrom }: RunRequest,
  modelHash: string,
  dataHash: string,
): Promise<Position> {
  if (resumeFrom === null) {
    await startFresh(session, folder, config)
    return { step: 0, tokens: 0, evalLoss: null, best: NOTHING_SEEN }
  }
  const checkpoint = openCheckpoint(resumeFrom, session.layout, config, true)
  refuseOtherInputs(basename(resumeFrom), checkpoint.state, modelHash, dataHash)
  await session.load(initialValues(folder, session.layout, config.seed, checkpoint.value), false)
  checkpoint.close()
  const { step, tokens, evalLoss, best } = checkpoint.state
  return { step, tokens, evalLoss, best: best ?? NOTHING_SEEN }
}

/** Fresh adapters, or those of another run or program that the run is to start from. */
async function startFresh(session: Session, folder: ModelFolder, config: RunConfig): Promise<void> {
  const { adapter_name_or_path: source, seed } = config
  if (source === null) return session.load(initialValues(folder, session.layout, seed), true)
  const adapter = openAdapter(source, session.layout, config, folder.readFloat32)
  await session.load(initialValues(folder, session.layout, seed, adapter.value), false)
  adapter.close()
}

/** A second session of a run, at the checkpoint of `resumeFrom` or its start, that can also be probed. */
export async function restoredSession(
  backend: Backend,
  request: RunRequest,
  run: PreparedRun,
  probes: Pick<ProgramRequest, 'probeShapes' | 'evalProbeShapes'>,
): Promise<Session> {
  const { config } = request
  const { model } = await openTask(config)
  const session = await openSession(backend, {
    model,
    targets: run.targets,
    method: ADAPTERS[config.method],
    config,
    trainShapes: run.data.train.shapes,
    evalShapes: [],
    ...probes,
  })
  const folder = openBase(config, model)
  try {
    await loadState(session, folder, request, run.modelHash, run.dataHash)
    return session
  } finally {
    folder.close()
  }
}

/** Puts the weights of a checkpoint back into a session, over what it was trained to since. */
export async function restoreWeights(session: Session, config: RunConfig, checkpointFolder: string): Promise<void> {
  const { model } = await reopenTask(config, dirname(checkpointFolder))
  const folder = openBase(config, model)
  const checkpoint = openCheckpoint(checkpointFolder, session.layout, config, true)
  try {
    await session.load(initialValues(folder, session.layout, config.seed, checkpoint.value), false)
  } finally {
    checkpoint.close()
    folder.close()
  }
}

function refuseOtherInputs(
  name: string,
  state: { modelHash: string; dataHash: string },
  modelHash: string,
  dataHash: string,
) {
  const changed = [
    ...(state.modelHash === modelHash ? [] : ['the base model']),
    ...(state.dataHash === dataHash ? [] : ['the data']),
  ]
  if (changed.length === 0) return
  throw fault('conflict', `${name}: ${changed.join(' and ')} changed since this checkpoint was written.`, {
    hint: 'Restore the files, or start a new run: a resumed run must see what it saw before.',
  })
}

function reportPlan(
  backend: Backend,
  control: RunControl,
  plan: {
    config: RunConfig
    model: ModelDescription
    targets: readonly LinearSpec[]
    data: RunData
    totalSteps: number
    trainableParameters: number
    modelHash: string
    session: Session
  },
): void {
  const { config, model, data, totalSteps, trainableParameters: adapter, modelHash, session } = plan
  const base = count(model.parameters)
  control.report({
    type: 'plan',
    versions: { ...backend.versions, node: process.version },
    plan: {
      modelType: model.modelType,
      backend: backend.kind === 'tensorflow' ? 'tensorflow' : 'portable',
      device: backend.device,
      totalParameters: ADAPTERS[config.method].trainsBase ? base : base + adapter,
      trainableParameters: adapter,
      totalSteps,
      stepsPerEpoch: data.train.stepsPerEpoch,
      trainRows: data.rows.train,
      validationRows: data.rows.validation,
      testRows: data.rows.test,
      truncatedRows: data.truncatedRows,
      paddingShare: data.train.paddingShare,
      graphNodes: session.executable.nodeCount,
      modelHash,
      dataHash: data.hash,
    },
  })
}
