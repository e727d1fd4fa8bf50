import { mkdirSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DataFacts, DataQuestion } from '../../../shared/domain/data-facts.ts'
import { fault, StudioError } from '../../../shared/domain/error.ts'
import type { Fit } from '../../../shared/domain/fit.ts'
import type { MachineSpeed } from '../../../shared/domain/machine-speed.ts'
import type { ModelFacts } from '../../../shared/domain/model-facts.ts'
import type { Scores } from '../../../shared/domain/paired.ts'
import type { RankFacts } from '../../../shared/domain/rank.ts'
import type { RunPlan } from '../../../shared/domain/run.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { RunPreview } from '../../../shared/domain/run-preview.ts'
import type { Inspection, InspectQuestion } from '../../../shared/engine-protocol.ts'
import { type EngineJob, startEngine } from '../engine-supervisor.ts'
import type { HostContext } from './host-context.ts'

/** Engines that look at files at the same time: a look costs a processor and the memory of the data. */
const MAX_AT_ONCE = 2
const KEPT_ANSWERS = 24
const FRESH_MS = 30_000
/** The largest data sets take a minute or two; a file that never ends must not hold a place for ever. Counts from the last word. */
const LONGEST_LOOK_MS = 10 * 60_000

type ScoresQuestion = Omit<Extract<InspectQuestion, { subject: 'scores' }>, 'subject'>

/** Of looks that take minutes. */
type Watch = {
  /** Ends the look, which rejects then. */
  readonly signal: AbortSignal
  readonly onAsked: (done: number, total: number) => void
}

type Kept = { readonly stamp: string; readonly answer: Promise<Inspection> }

/** Changes when one of the files changes; folders are judged by their own time and that of their config. */
async function stampOf(paths: readonly string[]): Promise<string> {
  const parts = paths.map((path) =>
    stat(path).then(
      ({ mtimeMs, size }) => `${mtimeMs}/${size}`,
      () => 'none',
    ),
  )
  return (await Promise.all(parts)).join(' ')
}

const modelFiles = (folder: string) => [folder, join(folder, 'config.json'), join(folder, 'tokenizer.json')]

function filesOf(question: InspectQuestion): string[] {
  switch (question.subject) {
    case 'model':
      return modelFiles(question.folder)
    case 'data': {
      const { file, validationFile, model } = question.question
      return [file, validationFile ?? '', ...(model === null ? [] : modelFiles(model))]
    }
    case 'inputs':
    case 'fit':
    case 'run': {
      const { model_name_or_path: model, train_file, validation_file, test_file } = question.config
      return [train_file, validation_file ?? '', test_file ?? '', ...modelFiles(model)]
    }
    case 'scores':
      return [question.file, question.checkpoint ?? '', ...modelFiles(question.config.model_name_or_path)]
    case 'rank':
      return [question.checkpoint, ...modelFiles(question.config.model_name_or_path)]
    case 'speed':
      return []
  }
}

export type Inspector = ReturnType<typeof createInspector>

/** Looks at models, data and runs to be, each in an engine of its own; answers are kept while the files stay as they are. */
export function createInspector(context: HostContext) {
  const kept = new Map<string, Kept>()
  const jobs = new Set<EngineJob>()
  const waiting: (() => void)[] = []
  let free = MAX_AT_ONCE
  let closed = false

  async function withSlot<T>(work: () => Promise<T>): Promise<T> {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    else free--
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
  async function ask(question: InspectQuestion, watch?: Watch): Promise<Inspection> {
    if (closed) throw fault('refused', 'The studio is closing.')
    if (watch?.signal.aborted) throw fault('refused', 'The look was cancelled before it began.')
    mkdirSync(context.runsFolder, { recursive: true })
    const job = startEngine({
      entry: context.engineEntry,
      request: { type: 'inspect', question },
      logFile: join(context.runsFolder, 'inspect.log'),
      stopTimeoutMs: context.stopTimeoutMs,
      env: context.engineEnv,
      onProgress: (report) => {
        overdue.refresh()
        if (report.type === 'asked') watch?.onAsked(report.done, report.total)
      },
    })
    jobs.add(job)
    const end = () => job.kill()
    const overdue = setTimeout(end, LONGEST_LOOK_MS)
    watch?.signal.addEventListener('abort', end)
    const outcome = await job.done.finally(() => {
      clearTimeout(overdue)
      watch?.signal.removeEventListener('abort', end)
      jobs.delete(job)
    })
    if (outcome.type === 'inspected') return outcome.inspection
    if (outcome.type === 'failed') throw new StudioError(outcome.error)
    throw fault('engine-died', 'The look at the files was ended before it answered.', { retryable: true })
  }
  /** Rejects with a fault when the engine dies; what is wrong with the files is part of the answer. */
  async function look(question: InspectQuestion, watch?: Watch): Promise<Inspection> {
    const key = JSON.stringify(question)
    // What a run needs is held against the memory that is free now.
    const period =
      question.subject === 'run' || question.subject === 'fit' ? Math.floor(performance.now() / FRESH_MS) : 0
    const stamp = `${period} ${await stampOf(filesOf(question))}`
    const known = kept.get(key)
    const answer = known?.stamp === stamp ? known.answer : withSlot(() => ask(question, watch))
    kept.delete(key)
    kept.set(key, { stamp, answer })
    for (const old of [...kept.keys()].slice(0, Math.max(0, kept.size - KEPT_ANSWERS))) kept.delete(old)
    try {
      return await answer
    } catch (error) {
      if (kept.get(key)?.answer === answer) kept.delete(key)
      throw error
    }
  }
  const stray = (subject: string) => new Error(`The engine looked at a ${subject}, which it was not asked about.`)
  return {
    async model(folder: string): Promise<ModelFacts> {
      const answer = await look({ subject: 'model', folder })
      if (answer.subject !== 'model') throw stray(answer.subject)
      return answer.facts
    },
    async data(question: DataQuestion): Promise<DataFacts> {
      const answer = await look({ subject: 'data', question })
      if (answer.subject !== 'data') throw stray(answer.subject)
      return answer.facts
    },
    async run(config: RunConfig): Promise<RunPreview> {
      const answer = await look({ subject: 'run', config })
      if (answer.subject !== 'run') throw stray(answer.subject)
      return answer.facts
    },
    async fit(config: RunConfig, limit: number | null): Promise<Fit> {
      const answer = await look({ subject: 'fit', config, limit })
      if (answer.subject !== 'fit') throw stray(answer.subject)
      return answer.facts
    },
    async inputs(config: RunConfig): Promise<Pick<RunPlan, 'modelHash' | 'dataHash'>> {
      const answer = await look({ subject: 'inputs', config })
      if (answer.subject !== 'inputs') throw stray(answer.subject)
      return answer.facts
    },
    /** Takes minutes, and is told of on the way. */
    async scores(question: ScoresQuestion, watch: Watch): Promise<Scores> {
      const answer = await look({ subject: 'scores', ...question }, watch)
      if (answer.subject !== 'scores') throw stray(answer.subject)
      return answer.facts
    },
    async rank(config: RunConfig, checkpoint: string): Promise<RankFacts> {
      const answer = await look({ subject: 'rank', config, checkpoint })
      if (answer.subject !== 'rank') throw stray(answer.subject)
      return answer.facts
    },
    /** Measured anew where the answer is not kept any more; see machine-speed.ts. */
    async speed({ backend, device, xla }: RunConfig): Promise<MachineSpeed> {
      const answer = await look({ subject: 'speed', where: { backend, device, xla } })
      if (answer.subject !== 'speed') throw stray(answer.subject)
      return answer.facts
    },
    close(): void {
      closed = true
      for (const job of jobs) job.kill()
    },
  }
}
