import { type ReferenceExecutable, referenceBackend } from '../../main/engine/backends/reference/backend.ts'
import { roleSettings } from '../../main/engine/train/optimizer.ts'
import { shapeKey } from '../../main/engine/train/program.ts'
import { batchInputs, type Session } from '../../main/engine/train/session.ts'
import type { Entry, Trainable } from '../../main/engine/train/state.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import type { GoldenCase } from './golden-case.ts'

/** One AdamW step of a trained array: its gradient and what Adam made of it, all in float64. */
export type ExactStep = {
  readonly learningRate: number
  readonly gradient: Float64Array
  readonly first: Float64Array
  readonly second: Float64Array
}

/** A case computed by this engine in float64 throughout: fed numbers, constants and betas are not rounded to float32. */
export type ExactRun = {
  readonly logits: Float64Array
  readonly loss: number
  readonly losses: readonly number[]
  /** By key in files. */
  readonly steps: ReadonlyMap<string, readonly ExactStep[]>
  readonly after: ReadonlyMap<string, Float64Array>
}

const known = new Map<string, Promise<ExactRun>>()

export function exactRun(golden: GoldenCase): Promise<ExactRun> {
  const run = known.get(golden.name) ?? computeRun(golden)
  known.set(golden.name, run)
  return run
}

async function computeRun(golden: GoldenCase): Promise<ExactRun> {
  const { session, executable } = await open(golden)
  const { batch, config } = golden
  const at = (signature: string) => `${signature}:${shapeKey(batch.shape)}`
  const inputs = batchInputs(batch)
  const { logits } = executable.evaluate(at('logits'), inputs)
  const loss = (executable.evaluate(at('eval'), inputs).lossSum?.[0] as number) / batch.labelCount
  const read = (of: 'variable' | 'first' | 'second') => valuesByKey(session, executable, golden.key, of)
  const rates = ratesByKey(session, golden)
  const losses: number[] = []
  const steps = new Map([...read('variable').keys()].map((key) => [key, [] as ExactStep[]]))
  for (let step = 1; step <= golden.steps; step++) {
    const before = read('first')
    const fed = { ...inputs, lossScale: [1 / batch.labelCount], ...adamScalars(config, step) }
    losses.push((executable.evaluate(at('step'), fed).lossSum?.[0] as number) / batch.labelCount)
    executable.refresh()
    const [firsts, seconds] = [read('first'), read('second')]
    for (const [key, all] of steps) {
      const [first, second, old] = [firsts, seconds, before].map((values) => values.get(key) as Float64Array) as [
        Float64Array,
        Float64Array,
        Float64Array,
      ]
      const beta = config.adam_beta1
      const learningRate = rates.get(key) as number
      all.push({
        learningRate,
        first,
        second,
        gradient: first.map((m, i) => (m - beta * (old[i] as number)) / (1 - beta)),
      })
    }
  }
  return { logits: logits as Float64Array, loss, losses, steps, after: read('variable') }
}

/** Learning rate and epsilon with Adam's bias correction in them, from the betas as they are written. */
function adamScalars(
  { learning_rate: rate, adam_beta1: beta1, adam_beta2: beta2, adam_epsilon }: RunConfig,
  step: number,
) {
  const second = Math.sqrt(1 - beta2 ** step)
  return { stepSize: [(rate * second) / (1 - beta1 ** step)], learningRate: [rate], epsilon: [adam_epsilon * second] }
}

const ratesByKey = ({ layout }: Session, { key, config }: GoldenCase) =>
  new Map(
    layout.trainables.flatMap(({ role, entries }) =>
      entries.map((entry) => [key(entry), config.learning_rate * roleSettings(role, config).rateFactor] as const),
    ),
  )

async function open(golden: GoldenCase) {
  let compiled: ReferenceExecutable | undefined
  let refreshes = false
  const session = await golden.open({
    ...referenceBackend,
    compile: async (program) => {
      refreshes = 'refresh' in program.signatures
      compiled = await referenceBackend.compile(program)
      return compiled
    },
  })
  const executable = compiled as ReferenceExecutable
  return { session, executable: { ...executable, refresh: () => refreshes && executable.evaluate('refresh', {}) } }
}

function valuesByKey(
  { layout }: Session,
  { state }: Pick<ReferenceExecutable, 'state'>,
  keyOf: (entry: Entry) => string,
  of: 'variable' | 'first' | 'second',
): Map<string, Float64Array> {
  const cut = (trainable: Trainable, { begin, rows }: Entry) => {
    const packed = state.get(trainable[of].name) as Float64Array
    const width = packed.length / (trainable.variable.shape[0] ?? 1)
    return packed.slice(begin * width, (begin + rows) * width)
  }
  return new Map(
    layout.trainables.flatMap((trainable) => trainable.entries.map((entry) => [keyOf(entry), cut(trainable, entry)])),
  )
}
