import { formatBytes } from '../../../shared/domain/amounts.ts'
import type { Problem } from '../../../shared/domain/model-facts.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { type RunPreview, wholeMemory } from '../../../shared/domain/run-preview.ts'
import { ADAPTERS } from '../adapters/index.ts'
import { loadData, type RunData } from '../data/load-data.ts'
import { openModelFolder } from '../formats/model-folder.ts'
import { sizeOf } from '../ir/graph.ts'
import type { LinearSpec, Model } from '../models/model.ts'
import { baseWeights } from '../train/base-weights.ts'
import { checkWeights } from '../train/initial-values.ts'
import { plannedLength } from '../train/prepare.ts'
import type { RunProgram } from '../train/program.ts'
import { countTrainable } from '../train/state.ts'
import { targetLinears } from '../train/targets.ts'
import { openTask } from '../train/task.ts'
import { memoryByPart, programOf, workOfRun } from './outlook.ts'
import { attempt, attemptAsync } from './problem.ts'

/** What a run will be. The program is built as for training, but no weight is read and nothing is compiled. */
export async function inspectRun(config: RunConfig): Promise<RunPreview> {
  const problems: Problem[] = []
  const taskField = config.task_type === 'CAUSAL_LM' ? 'model_name_or_path' : 'train_file'
  const task = await attemptAsync(problems, taskField, () => openTask(config))
  const model = task && attempt(problems, 'model_name_or_path', () => checked(config, task.model))
  if (model === null) return { plan: null, problems }
  const targets = attempt(problems, 'target_modules', () => targetLinears(model.description, config))
  const data = await attemptAsync(problems, 'train_file', () => loadData(config, model.description, task?.labels))
  if (targets === null || data === null) return { plan: null, problems }
  const built = attempt(problems, 'method', () => programOf(config, model, targets, data))
  if (built === null) return { plan: null, problems }
  const plan = planOf(config, model, targets, data, built)
  const { available, ...parts } = plan.memory
  const needed = wholeMemory(parts)
  if (needed > available) problems.push(tooLarge(needed, available))
  return { plan, problems }
}

/** The model, once its weights are known to fit. */
function checked(config: RunConfig, model: Model): Model {
  const folder = openModelFolder(config.model_name_or_path)
  try {
    checkWeights(baseWeights(folder, model.description, config.seed), model.description)
  } finally {
    folder.close()
  }
  return model
}

function planOf(
  config: RunConfig,
  model: Model,
  targets: readonly LinearSpec[],
  data: RunData,
  built: RunProgram,
): NonNullable<RunPreview['plan']> {
  const method = ADAPTERS[config.method]
  const trainable = countTrainable(model.description, targets, method, config)
  const base = model.description.parameters.reduce((total, { shape }) => total + sizeOf(shape), 0)
  const { steps, epochs } = plannedLength(config, data.train.stepsPerEpoch)
  return {
    totalParameters: method.trainsBase ? base : base + trainable,
    trainableParameters: trainable,
    steps,
    stepsPerEpoch: data.train.stepsPerEpoch,
    epochs,
    tokens: Math.round(data.trainTokens * epochs),
    trainRows: data.rows.train,
    validationRows: data.rows.validation,
    testRows: data.rows.test,
    truncatedRows: data.truncatedRows,
    droppedRows: data.droppedRows,
    paddingShare: data.train.paddingShare,
    memory: { ...memoryByPart(built, config), available: process.availableMemory() },
    work: workOfRun(config, data, built.program),
  }
}

function tooLarge(needed: number, available: number): Problem {
  return {
    field: 'per_device_train_batch_size',
    message: `It needs about ${formatBytes(needed)} of memory, ${formatBytes(available)} are free.`,
    hint: 'Lower the batch size and raise the accumulation, lower the longest sample, or choose a smaller model.',
  }
}
