import { join } from 'node:path'
import { fault, toErrorData } from '../../../../shared/domain/error.ts'
import type { ChosenSide, Paired, Scores } from '../../../../shared/domain/paired.ts'
import type { PairedJob, PairedOrder } from '../../../../shared/domain/paired-job.ts'
import type { HostContext } from '../host-context.ts'
import type { Inspector } from '../inspector.ts'
import { newRunId } from '../run-id.ts'
import { judge } from './judge.ts'
import { createPace } from './pace.ts'
import { type Located, locateSides } from './sides.ts'

/** As many as a session would look at again; older ones are forgotten. */
const KEPT = 50

type Asker = Pick<Inspector, 'scores'>
type Entry = { job: PairedJob; readonly abort: AbortController }
type Parts = ReturnType<typeof locateSides> & { readonly entry: Entry; readonly save: (job: PairedJob) => void }

const same = (a: ChosenSide, b: ChosenSide): boolean => a.runId === b.runId && a.base === b.base && a.step === b.step

/** Whether two orders are for the same examples of the same models. */
const alike = (one: PairedOrder, other: PairedOrder): boolean =>
  same(one.a, other.a) && same(one.b, other.b) && one.split === other.split && one.examples === other.examples

/**
 * Asks two models the same examples, one after the other, and keeps how far that is and what came of it until the host
 * ends. One pair at a time: each takes the processor for minutes.
 */
export function createPairedService(context: HostContext, inspector: Asker) {
  const entries = new Map<string, Entry>()
  let tail: Promise<void> = Promise.resolve()

  function save(job: PairedJob): void {
    const entry = entries.get(job.id)
    // Forgotten meanwhile, with one of its runs.
    if (!entry) return
    entry.job = job
    context.bus.emit({ event: 'paired.updated', payload: job })
  }
  function forgetOldest(): void {
    const ended = [...entries.values()].filter(({ job }) => job.status !== 'running')
    for (const { job } of ended.slice(0, Math.max(0, entries.size - KEPT))) entries.delete(job.id)
  }
  const forgetRun = (runId: string): void => {
    for (const { job, abort } of entries.values()) {
      if (job.a.runId !== runId && job.b.runId !== runId) continue
      entries.delete(job.id)
      abort.abort()
    }
  }
  const endWatch = context.bus.subscribe((event) => {
    if (event.event === 'run.deleted') forgetRun(event.payload.runId)
  })
  return {
    /** Oldest first. */
    list: (): PairedJob[] => [...entries.values()].map(({ job }) => job),
    /** The one that does just this, or a new one; refused at once where the two cannot be compared. */
    start(order: PairedOrder): PairedJob {
      const known = [...entries.values()].find(({ job }) => job.status === 'running' && alike(job, order))
      if (known) return known.job
      const located = locateSides(context, order)
      const entry: Entry = { job: freshJob(order, located.sides), abort: new AbortController() }
      entries.set(entry.job.id, entry)
      save(entry.job)
      forgetOldest()
      tail = tail.then(() => work(context, inspector, { ...located, entry, save }))
      return entry.job
    },
    cancel(id: string): PairedJob {
      const entry = entries.get(id)
      if (!entry) throw fault('not-found', `There is no paired evaluation ${id}.`)
      entry.abort.abort()
      if (entry.job.status === 'running') save({ ...entry.job, ...ENDED, status: 'cancelled' })
      return entry.job
    },
    async close(): Promise<void> {
      endWatch()
      for (const { abort } of entries.values()) abort.abort()
      await tail
    },
  }
}

const ENDED = { phase: null, secondsLeft: null } as const

function freshJob(order: PairedOrder, [a, b]: readonly [Located, Located]): PairedJob {
  const now = new Date()
  return {
    ...order,
    id: newRunId(now),
    createdAt: now.getTime(),
    names: [a.name, b.name],
    status: 'running',
    phase: 'Waiting for another comparison',
    done: 0,
    total: 0,
    secondsLeft: null,
    result: null,
    error: null,
  }
}

/** Never rejects: how it ended is the job's. */
async function work(context: HostContext, inspector: Asker, parts: Parts): Promise<void> {
  const { sides, file, entry, save } = parts
  const { signal } = entry.abort
  try {
    const scores = await askBoth(context, inspector, parts)
    if (signal.aborted) return
    const names: Paired['names'] = [sides[0].name, sides[1].name]
    const steps: Paired['steps'] = [sides[0].checkpoint?.step ?? null, sides[1].checkpoint?.step ?? null]
    const result = { split: entry.job.split, file, names, steps, ...judge(sides, scores, file) }
    save({ ...entry.job, ...ENDED, status: 'finished', result })
  } catch (error) {
    if (entry.job.status !== 'running') return
    if (signal.aborted) save({ ...entry.job, ...ENDED, status: 'cancelled' })
    else save({ ...entry.job, ...ENDED, status: 'failed', error: toErrorData(error) })
  }
}

async function askBoth(
  { runsFolder }: HostContext,
  inspector: Asker,
  { sides, file, entry, save }: Parts,
): Promise<readonly [Scores, Scores]> {
  const pace = createPace()
  const { signal } = entry.abort
  const change = (state: Partial<PairedJob>) =>
    signal.aborted ? undefined : save({ ...entry.job, secondsLeft: pace.left(), ...state })
  async function ask({ name, config, checkpoint, runId }: Located, earlier: number): Promise<Scores> {
    pace.opens()
    change({ phase: `Loading ${name}` })
    const { examples } = entry.job
    const question = {
      config,
      checkpoint: checkpoint?.folder ?? null,
      file,
      runFolder: join(runsFolder, runId),
      examples,
    }
    const onAsked = (done: number, total: number) => {
      pace.answered({ done, total })
      change({ phase: `Asking ${name}`, done: earlier * total + done, total: 2 * total })
    }
    const scores = await inspector.scores(question, { signal, onAsked })
    const answers = scores.loss.length
    change({ done: (earlier + 1) * answers, total: 2 * answers })
    return scores
  }
  return [await ask(sides[0], 0), await ask(sides[1], 1)]
}
