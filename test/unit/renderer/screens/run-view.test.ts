import { expect, test } from 'vitest'
import {
  filterRuns,
  type RunFilter,
  SORT_KEYS,
  type SortKey,
  sortRuns,
  tagsIn,
} from '../../../../renderer/screens/runs/run-view.ts'
import type { RunSummary } from '../../../../shared/domain/run.ts'
import { NEW_RUN } from '../../run-summary.ts'

const base: RunSummary = {
  ...NEW_RUN,
  status: 'finished',
  startedAt: 10,
  endedAt: 20,
  step: 5,
  totalSteps: 5,
  trainLoss: 1,
}
const RUNS: readonly RunSummary[] = [
  { ...base, tags: ['paper'], notes: 'lower rate next time' },
  { ...base, id: 'b', name: 'Other', status: 'queued', method: 'lora', createdAt: 2, startedAt: null, trainLoss: null },
  { ...base, id: 'c', name: 'Third', status: 'failed', createdAt: 3, trainLoss: 0.5, tags: ['paper', 'old'] },
]
const NONE: RunFilter = { text: '', group: 'all', tag: '' }
const ids = (runs: readonly RunSummary[]) => runs.map(({ id }) => id)

test('every word of a search has to occur, in whatever is known of a run', () => {
  expect(ids(filterRuns(RUNS, { ...NONE, text: 'lower KINDS' }))).toEqual(['a'])
  expect(ids(filterRuns(RUNS, { ...NONE, text: 'LoRA other' }))).toEqual(['b'])
  expect(filterRuns(RUNS, { ...NONE, text: 'kinds absent' })).toEqual([])
})

test('states and tags narrow the list', () => {
  expect(ids(filterRuns(RUNS, { ...NONE, group: 'active' }))).toEqual(['b'])
  expect(ids(filterRuns(RUNS, { ...NONE, tag: 'paper' }))).toEqual(['a', 'c'])
  expect(tagsIn(RUNS)).toEqual(['old', 'paper'])
})

test('a run without the figure comes last in either order', () => {
  expect(ids(sortRuns(RUNS, { by: 'loss', descending: false }, 30))).toEqual(['c', 'a', 'b'])
  expect(ids(sortRuns(RUNS, { by: 'loss', descending: true }, 30))).toEqual(['a', 'c', 'b'])
})

test('every order keeps every run once', () => {
  for (const by of Object.keys(SORT_KEYS) as SortKey[]) {
    expect(ids(sortRuns(RUNS, { by, descending: true }, 30)).sort(), by).toEqual(['a', 'b', 'c'])
  }
})
