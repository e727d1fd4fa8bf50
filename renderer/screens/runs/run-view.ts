import type { RunStatus, RunSummary } from '../../../shared/domain/run.ts'
import { accuracyOf, durationOf, methodLabel } from './run-figures.ts'

/** Groups of states a user looks for. */
export const STATUS_GROUPS = {
  all: { label: 'All', statuses: null },
  active: { label: 'At work', statuses: ['queued', 'preparing', 'running', 'stopping'] },
  finished: { label: 'Finished', statuses: ['finished'] },
  stopped: { label: 'Stopped', statuses: ['stopped', 'interrupted'] },
  failed: { label: 'Failed', statuses: ['failed'] },
} as const satisfies Record<string, { label: string; statuses: readonly RunStatus[] | null }>
export type StatusGroup = keyof typeof STATUS_GROUPS

type Key = (run: RunSummary, now: number) => string | number | null

/** What the table can be sorted by; a run without the figure comes last either way. */
export const SORT_KEYS = {
  status: ({ status }) => status,
  name: ({ name }) => name.toLowerCase(),
  method: ({ method }) => methodLabel(method),
  model: ({ model }) => model.toLowerCase(),
  data: ({ data }) => data.toLowerCase(),
  loss: ({ evalLoss, trainLoss }) => evalLoss ?? trainLoss,
  accuracy: accuracyOf,
  steps: ({ step }) => step,
  duration: durationOf,
  created: ({ createdAt }) => createdAt,
} as const satisfies Record<string, Key>
export type SortKey = keyof typeof SORT_KEYS
export type Sort = { readonly by: SortKey; readonly descending: boolean }

export type RunFilter = { readonly text: string; readonly group: StatusGroup; readonly tag: string }

const textsOf = ({ name, method, model, data, tags, notes }: RunSummary): string =>
  [name, methodLabel(method), model, data, ...tags, notes].join('\n').toLowerCase()

/** Every word of the search has to occur somewhere in what is known of the run. */
export function filterRuns(runs: readonly RunSummary[], { text, group, tag }: RunFilter): RunSummary[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const statuses: readonly RunStatus[] | null = STATUS_GROUPS[group].statuses
  return runs.filter(
    (run) =>
      (statuses === null || statuses.includes(run.status)) &&
      (tag === '' || run.tags.includes(tag)) &&
      words.every((word) => textsOf(run).includes(word)),
  )
}

/** Sorted copy; equal runs newest first. */
export function sortRuns(runs: readonly RunSummary[], { by, descending }: Sort, now: number): RunSummary[] {
  const key: Key = SORT_KEYS[by]
  const compare = (a: RunSummary, b: RunSummary): number => {
    const [x, y] = [key(a, now), key(b, now)]
    if (x === y) return b.createdAt - a.createdAt
    if (x === null || y === null) return x === null ? 1 : -1
    return (x < y ? -1 : 1) * (descending ? -1 : 1)
  }
  return [...runs].sort(compare)
}

/** All tags in use, sorted. */
export const tagsIn = (runs: readonly RunSummary[]): string[] =>
  [...new Set(runs.flatMap(({ tags }) => tags))].sort((a, b) => a.localeCompare(b))
