import { expect, test } from 'vitest'
import { createHostLink } from '../../../main/electron/host-link.ts'

test('answers find their caller, whatever numbers the callers chose', async () => {
  const sent: { id: number; call: string }[] = []
  const link = createHostLink((message) => sent.push(message as never) > 0)
  const replies: unknown[] = []
  link.forward(7, 'runs.list', {}, (answer) => replies.push(answer))
  const own = link.call('runs.list', {})
  link.forward(7, 'app.info', {}, (answer) => replies.push(answer))
  expect(sent.map(({ id }) => id)).toEqual([1, 2, 3])
  link.answer({ id: 3, ok: true, output: 'third' })
  link.answer({ id: 1, ok: true, output: 'first' })
  link.answer({ id: 2, ok: true, output: [] })
  link.answer({ id: 99, ok: true, output: 'nobody' })
  expect(replies).toEqual([
    { id: 7, ok: true, output: 'third' },
    { id: 7, ok: true, output: 'first' },
  ])
  expect(await own).toEqual([])
})

test('who waits for a host that is gone is told, and so is who asks before it is ready', async () => {
  let up = true
  const link = createHostLink(() => up)
  const replies: unknown[] = []
  link.forward(1, 'runs.list', {}, (answer) => replies.push(answer))
  link.lost()
  up = false
  link.forward(2, 'runs.list', {}, (answer) => replies.push(answer))
  expect(replies).toMatchObject([
    { id: 1, ok: false, error: { code: 'refused', retryable: true } },
    { id: 2, ok: false, error: { code: 'refused', retryable: true } },
  ])
  await expect(link.call('runs.list', {})).rejects.toThrow('not ready')
})
