import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { MemoryParts, RunWork } from '../../../shared/domain/run-preview.ts'
import { hasKernels } from '../../native/load-kernels.ts'
import { lacksBfloat16 } from '../../native/system-facts.ts'
import { ADAPTERS } from '../adapters/index.ts'
import { forKernels } from '../backends/tensorflow/for-kernels.ts'
import { KNOWN_PASSES } from '../backends/tensorflow/passes/known.ts'
import type { BatchShape } from '../data/batches.ts'
import type { RunData } from '../data/load-data.ts'
import { bytesOf, type Program, type Variable } from '../ir/graph.ts'
import { NO_WORK, plus, type Work, workOf } from '../ir/work.ts'
import type { LinearSpec, Model } from '../models/model.ts'
import { memoryNeed } from '../train/memory-need.ts'
import { plannedLength } from '../train/prepare.ts'
import { buildProgram, type RunProgram, shapeKey } from '../train/program.ts'

/** Whether the engine of a run will have the kernels of our own; a GPU, which is chosen when the engine starts, has none. */
const withKernels = ({ backend, device }: RunConfig): boolean =>
  backend !== 'portable' && device !== 'gpu' && hasKernels()

/** The program of a run, as training builds it; no weight is read and nothing is compiled. */
export const programOf = (config: RunConfig, model: Model, targets: readonly LinearSpec[], data: RunData): RunProgram =>
  buildProgram({
    model,
    targets,
    method: ADAPTERS[config.method],
    config,
    trainShapes: data.train.shapes,
    ...(withKernels(config) && { kernels: new Set(['attention']) }),
    evalShapes: [...(data.validation?.shapes ?? []), ...(data.test?.shapes ?? [])],
  })

/** Peak memory of a run in bytes. */
export function memoryByPart({ program, layout }: RunProgram, { device }: RunConfig): MemoryParts {
  const { state, activations, engine } = memoryNeed(program, device !== 'gpu' && lacksBfloat16())
  const weights = bytesOfAll([...layout.base, ...layout.origins])
  const optimizer = bytesOfAll(layout.trainables.flatMap((one) => [one.first, one.second, ...maybe(one.accumulator)]))
  return {
    weights,
    adapter: state - weights - optimizer,
    optimizer,
    activations: Math.round(activations),
    engine: Math.round(engine),
  }
}

const maybe = (variable: Variable | null): Variable[] => (variable ? [variable] : [])

const bytesOfAll = (variables: readonly Variable[]) => variables.reduce((total, one) => total + bytesOf(one), 0)

/** What all steps of a run cost, and its evaluations and trajectories. */
export function workOfRun(config: RunConfig, data: RunData, program: Program): { training: RunWork; besides: RunWork } {
  const { signatures } = withKernels(config) ? forKernels(program, KNOWN_PASSES) : program
  const of = (name: string) => (signatures[name] ? workOf(signatures[name]) : NO_WORK)
  const { steps, epochs } = plannedLength(config, data.train.stepsPerEpoch)
  const kind = config.gradient_accumulation_steps > 1 ? 'micro' : 'step'
  const inBatches = (name: string, plan: { shapes: readonly BatchShape[]; counts: readonly number[] } | null) =>
    (plan?.shapes ?? []).reduce<Work>(
      (sum, shape, i) => plus(sum, of(`${name}:${shapeKey(shape)}`), plan?.counts[i]),
      NO_WORK,
    )
  const afterStep = plus(of('refresh'), of('apply'))
  const evaluated = plus(inBatches('eval', data.test), inBatches('eval', data.validation), validations(config, steps))
  return {
    training: plus(plus(NO_WORK, inBatches(kind, data.train), epochs), afterStep, steps),
    besides: plus(evaluated, of('trajectory'), trajectories(config, steps)),
  }
}

/** One is at the end in any case. */
const validations = ({ eval_steps: every }: RunConfig, steps: number): number =>
  1 + (every > 0 ? Math.floor((steps - 1) / every) : 0)

/** One before the first step, and one at the end in any case. */
const trajectories = ({ trajectory_steps: every }: RunConfig, steps: number): number =>
  every > 0 ? 1 + Math.ceil(steps / every) : 0
