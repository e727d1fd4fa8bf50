import { expect, test, vi } from 'vitest'
import { createRunQueue } from '../../../../main/host/services/run-queue.ts'

function setUp(claim: (runId: string) => boolean = () => true) {
  const launched: string[] = []
  const ends: (() => void)[] = []
  const launch = (runId: string) => {
    launched.push(runId)
    return new Promise<void>((resolve) => ends.push(resolve))
  }
  return { queue: createRunQueue({ claim, launch, retryMs: 5 }), launched, ends }
}

test('one run at a time, in the order they came', async () => {
  const { queue, launched, ends } = setUp()
  for (const id of ['a', 'b', 'c']) queue.add(id)
  expect(launched).toEqual(['a'])
  ends[0]?.()
  await expect.poll(() => launched).toEqual(['a', 'b'])
})

test('a waiting run can be taken out, a launched one cannot', async () => {
  const { queue, launched, ends } = setUp()
  for (const id of ['a', 'b', 'c']) queue.add(id)
  expect(queue.remove('b')).toBe(true)
  expect(queue.remove('a')).toBe(false)
  ends[0]?.()
  await expect.poll(() => launched).toEqual(['a', 'c'])
})

test('while another host trains, the claim is tried again', async () => {
  let free = false
  const { queue, launched } = setUp(() => free)
  queue.add('a')
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(launched).toEqual([])
  free = true
  await expect.poll(() => launched).toEqual(['a'])
})

test('a store that fails when a run is to be taken is told once and tried again; the order can wait', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  const launched: string[] = []
  let full = true
  const fail = () => {
    throw new Error('database or disk is full')
  }
  const launch = async (runId: string) => void launched.push(runId)
  const queue = createRunQueue({
    claim: () => (full ? fail() : true),
    launch,
    retryMs: 1,
    onOrder: (ids) => ids.length || fail(),
  })
  queue.add('a')
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(launched).toEqual([])
  expect(said.mock.calls).toEqual([['Run a cannot be taken yet: database or disk is full']])
  full = false
  await expect.poll(() => launched).toEqual(['a'])
  said.mockRestore()
})

test('a closed queue starts nothing more and says what waited', async () => {
  const { queue, launched, ends } = setUp()
  for (const id of ['a', 'b']) queue.add(id)
  expect(queue.close()).toEqual(['b'])
  ends[0]?.()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(launched).toEqual(['a'])
})

test('a launch that rejects does not stop the next one', async () => {
  const silent = vi.spyOn(console, 'error').mockImplementation(() => {})
  const launched: string[] = []
  const queue = createRunQueue({
    claim: () => true,
    retryMs: 5,
    launch: async (runId) => {
      launched.push(runId)
      throw new Error('no')
    },
  })
  queue.add('a')
  queue.add('b')
  await expect.poll(() => launched).toEqual(['a', 'b'])
  expect(silent).toHaveBeenCalled()
  silent.mockRestore()
})
