import { expect, test } from 'vitest'
import { createPairedWatch } from '../../../main/electron/paired-watch.ts'
import type { RunEnd } from '../../../main/electron/run-watch.ts'
import { fault } from '../../../shared/domain/error.ts'
import type { PairedJob } from '../../../shared/domain/paired-job.ts'

const job = (status: PairedJob['status'], rest: Partial<PairedJob> = {}) => ({
  id: 'p',
  names: ['Base of demo', 'demo'] as [string, string],
  status,
  done: 30,
  total: 400,
  b: { runId: 'r', base: false, step: null },
  error: null,
  ...rest,
})

function watch() {
  const ends: RunEnd[] = []
  return { ends, pairs: createPairedWatch((end) => ends.push(end)) }
}

test('what is at work is told with its progress, and its end once', () => {
  const { ends, pairs } = watch()
  pairs.update(job('running'))
  expect(pairs.active()).toEqual([{ id: 'p', name: 'Base of demo beside demo', step: 30, totalSteps: 400 }])
  pairs.update(job('finished'))
  pairs.update(job('finished'))
  expect(pairs.active()).toEqual([])
  expect(ends).toEqual([{ runId: 'r', title: 'A comparison has finished', body: 'Base of demo beside demo' }])
})

test('a failure is told with its reason, and one that was cancelled beside the clock as such', () => {
  const { ends, pairs } = watch()
  pairs.reset([job('running'), job('finished', { id: 'q' })])
  expect(pairs.active()).toHaveLength(1)
  pairs.update(job('failed', { error: fault('bad-data', 'No such labels.').data }))
  expect(ends).toEqual([{ runId: 'r', title: 'A comparison has failed', body: 'No such labels.' }])
  pairs.update(job('running'))
  pairs.update(job('cancelled'))
  expect(ends[1]).toMatchObject({ title: 'A comparison was cancelled' })
})
