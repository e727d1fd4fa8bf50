import type { QueryClient } from '@tanstack/react-query'
import type { CallName, CallOutput } from '../../shared/contract.ts'
import type { ExportJob } from '../../shared/domain/export.ts'
import type { RunDetail, RunSummary } from '../../shared/domain/run.ts'
import { keepChatsLive } from './chat-events.ts'
import type { SocketClient } from './client.ts'

const listKey = ['runs.list', {}] as const
const runKey = (runId: string) => ['runs.get', { runId }] as const
const downloadsKey = ['downloads.list', {}] as const
const exportsKey = (runId: string) => ['exports.list', { runId }] as const

const upsert = <T extends { readonly id: string; readonly createdAt: number }>(list: readonly T[], item: T): T[] =>
  list.some(({ id }) => id === item.id) ? list.map((old) => (old.id === item.id ? item : old)) : [item, ...list]

/** What a summary cannot tell (plan, checkpoints) has changed when one of these has. */
const detailIsOld = (before: RunDetail, now: RunSummary): boolean =>
  before.status !== now.status || before.evalLoss !== now.evalLoss || (before.plan === null && now.totalSteps > 0)

function applyRun(queries: QueryClient, run: RunSummary): void {
  queries.setQueryData<CallOutput<'runs.list'>>(listKey, (list) => list && upsert(list, run))
  const before = queries.getQueryData<RunDetail>(runKey(run.id))
  if (before === undefined) return
  queries.setQueryData<RunDetail>(runKey(run.id), { ...before, ...run })
  if (detailIsOld(before, run)) void queries.invalidateQueries({ queryKey: runKey(run.id) })
}

function forgetRun(queries: QueryClient, runId: string): void {
  queries.setQueryData<CallOutput<'runs.list'>>(listKey, (list) => list?.filter(({ id }) => id !== runId))
  queries.removeQueries({ queryKey: runKey(runId) })
  queries.removeQueries({ queryKey: exportsKey(runId) })
  // The host has forgotten what the run took part in.
  void queries.invalidateQueries({ queryKey: ['paired.list', {}] })
}

const applyExport = (queries: QueryClient, job: ExportJob) =>
  queries.setQueryData<CallOutput<'exports.list'>>(exportsKey(job.runId), (list) => list && upsert(list, job))

/** Calls whose answer costs seconds and does not change with the connection. */
const COSTLY: ReadonlySet<unknown> = new Set<CallName>([
  'doctor.report',
  'history.check',
  'bundles.reproduce',
  'models.inspect',
  'data.inspect',
  'runs.preview',
  'runs.rank',
])

/** A model that was asked for under its name on the hub may be there now. */
function askOfModelsAgain(queries: QueryClient): void {
  for (const name of ['models.inspect', 'runs.preview'] satisfies CallName[])
    void queries.invalidateQueries({ queryKey: [name] })
}

/** A run at work is reported at every step; its figures need not change more often than this, in milliseconds. */
const SHORTEST_PAUSE = 400

/** Applies summaries at once when the run's state changes, and the latest one after a pause otherwise. */
function createRunUpdates(queries: QueryClient) {
  const waiting = new Map<string, RunSummary>()
  const statuses = new Map<string, RunSummary['status']>()
  let timer: ReturnType<typeof setTimeout> | undefined

  const flush = () => {
    timer = undefined
    for (const run of waiting.values()) applyRun(queries, run)
    waiting.clear()
  }
  return {
    take(run: RunSummary) {
      waiting.set(run.id, run)
      const changed = statuses.get(run.id) !== run.status
      statuses.set(run.id, run.status)
      if (changed) flush()
      else timer ??= setTimeout(flush, SHORTEST_PAUSE)
    },
    forget: (runId: string) => waiting.delete(runId),
    stop: () => clearTimeout(timer),
  }
}

/** Applies the host's events to the cache; after every new connection all queries are fetched again. Returns the end of it. */
export function keepQueriesLive(client: SocketClient, queries: QueryClient): () => void {
  const updates = createRunUpdates(queries)
  const ends = [
    updates.stop,
    keepChatsLive(client, queries),
    client.on('run.updated', updates.take),
    client.on('run.deleted', ({ runId }) => {
      updates.forget(runId)
      forgetRun(queries, runId)
    }),
    client.on('export.updated', (job) => applyExport(queries, job)),
    client.on('merge.updated', (job) =>
      queries.setQueryData<CallOutput<'merges.list'>>(['merges.list', {}], (list) => list && upsert(list, job)),
    ),
    client.on('paired.updated', (job) =>
      queries.setQueryData<CallOutput<'paired.list'>>(['paired.list', {}], (list) => list && upsert(list, job)),
    ),
    client.on('download.updated', (download) => {
      queries.setQueryData<CallOutput<'downloads.list'>>(downloadsKey, (list) => list && upsert(list, download))
      if (download.status === 'finished') askOfModelsAgain(queries)
    }),
    client.on('download.removed', ({ id }) =>
      queries.setQueryData<CallOutput<'downloads.list'>>(downloadsKey, (list) => list?.filter((one) => one.id !== id)),
    ),
    client.on('settings.changed', (settings) => queries.setQueryData(['settings.get', {}], settings)),
    client.on('hub.tokenChanged', (status) => queries.setQueryData(['hub.token', {}], status)),
    client.on('library.updated', ({ kind }) => void queries.invalidateQueries({ queryKey: [`${kind}.list`] })),
    client.onState((state) => {
      if (state.kind !== 'open') return
      // What is still under way was sent again by the client.
      void queries.invalidateQueries(
        { predicate: ({ queryKey }) => !COSTLY.has(queryKey[0]) },
        { cancelRefetch: false },
      )
    }),
  ]
  return () => {
    for (const end of ends) end()
  }
}
