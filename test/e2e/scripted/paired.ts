import type { CallInput } from '../../../shared/contract.ts'
import { fault } from '../../../shared/domain/error.ts'
import { type PairedJob, pairedOrderSchema } from '../../../shared/domain/paired-job.ts'
import type { Publish } from './server.ts'

const FILE = '/opt/dora-studio/resources/demo/kinds.test.jsonl'

/** Paired evaluations that go on when the test says so. */
export function createScriptedPaired(publish: Publish) {
  const jobs = new Map<string, PairedJob>()
  const update = (job: PairedJob) => {
    jobs.set(job.id, job)
    publish('paired.updated', job)
    return job
  }
  const jobOf = (id: string | undefined): PairedJob => {
    const job = id === undefined ? [...jobs.values()].at(-1) : jobs.get(id)
    if (!job) throw fault('not-found', `There is no paired evaluation ${id}.`)
    return job
  }
  const ended = { phase: null, secondsLeft: null } as const
  return {
    /** The newest one has so many answers of 2,000. */
    answerPaired(done: number, secondsLeft: number | null) {
      const job = jobOf(undefined)
      update({ ...job, done, total: 2000, secondsLeft, phase: `Asking ${job.names[done < 1000 ? 0 : 1]}` })
    },
    finishPaired() {
      const job = jobOf(undefined)
      update({
        ...job,
        ...ended,
        done: 2000,
        total: 2000,
        status: 'finished',
        result: {
          split: job.split,
          file: FILE,
          examples: 1000,
          rows: 1200,
          lacksHead: [false, false],
          names: job.names,
          steps: [job.a.base ? null : 60, 60],
          loss: { a: 1.91, b: 0.44, difference: -1.47, low: -1.55, high: -1.39, p: 1e-40, test: 't' },
          lossNote: null,
          accuracy: { a: 0.841, b: 0.853, difference: 0.012, low: -0.004, high: 0.028, p: 0.146, test: 'mcnemar' },
          reciprocalRank: null,
        },
      })
    },
    pairedHandlers: {
      'paired.list': () => [...jobs.values()],
      'paired.start': (given: CallInput<'paired.start'>) => {
        const order = pairedOrderSchema.parse(given)
        const names: PairedJob['names'] = [order.a.base ? `Base of ${order.a.runId}` : order.a.runId, order.b.runId]
        const fresh = { status: 'running', done: 0, total: 0, result: null, error: null } as const
        const id = `pair-${jobs.size + 1}`
        const state = { ...ended, ...fresh, phase: `Loading ${names[0]}` }
        return update({ ...order, ...state, id, names, createdAt: Date.now() })
      },
      'paired.cancel': ({ id }: CallInput<'paired.cancel'>) => update({ ...jobOf(id), ...ended, status: 'cancelled' }),
    },
  }
}
