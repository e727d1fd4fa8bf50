import { expect, test } from 'vitest'
import { createRunWatch, type RunEnd } from '../../../main/electron/run-watch.ts'
import type { RunStatus } from '../../../shared/domain/run.ts'

const run = (id: string, status: RunStatus, rest: object = {}) => ({
  id,
  name: `Run ${id}`,
  status,
  step: 40,
  totalSteps: 40,
  evalLoss: null,
  testAccuracy: null,
  error: null,
  ...rest,
})

function watch() {
  const ends: RunEnd[] = []
  return { ends, runs: createRunWatch((end) => ends.push(end)) }
}

test('the end of a run that was at work is told once, with its figures', () => {
  const { ends, runs } = watch()
  runs.update(run('a', 'running'))
  expect(runs.active()).toMatchObject([{ id: 'a', name: 'Run a', step: 40, totalSteps: 40 }])
  runs.update(run('a', 'finished', { evalLoss: 0.51234, testAccuracy: 0.875 }))
  runs.update(run('a', 'finished'))
  expect(ends).toEqual([
    { runId: 'a', title: 'Run a has finished', body: '40 steps, validation loss 0.5123, test accuracy 87.5%' },
  ])
  expect(runs.active()).toEqual([])
})

test('a failure says why; runs that had ended before are no news', () => {
  const { ends, runs } = watch()
  runs.reset([run('old', 'finished'), run('b', 'queued')])
  runs.update(run('old', 'finished'))
  const error = {
    code: 'diverged' as const,
    message: 'The loss is NaN at step 40.',
    hint: '',
    details: [],
    retryable: false,
  }
  runs.update(run('b', 'failed', { error }))
  expect(ends).toEqual([{ runId: 'b', title: 'Run b has failed', body: 'The loss is NaN at step 40.' }])
})

test('a deleted run is not at work', () => {
  const { runs } = watch()
  runs.update(run('a', 'running'))
  runs.remove('a')
  expect(runs.active()).toEqual([])
})
