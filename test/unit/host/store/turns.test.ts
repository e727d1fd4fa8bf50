import { expect, test } from 'vitest'
import { atOnce, inTurns, type Work } from '../../../../main/host/store/turns.ts'

/** Five pieces of work, each of which takes so long on the clock. */
function pieces(ms: number) {
  let time = 0
  const done: number[] = []
  function* work(): Work<string> {
    for (let piece = 0; piece < 5; piece++) {
      time += ms
      done.push(piece)
      yield
    }
    return 'done'
  }
  return { work, done, now: () => time }
}

test('work in turns lets others run when a turn has been long enough, and not after every piece', async () => {
  const { work, done, now } = pieces(12)
  const seen: number[] = []
  const ended = inTurns(work(), now)
  const look = () => {
    if (done.length === 5) return
    seen.push(done.length)
    setImmediate(look)
  }
  look()
  expect(await ended).toBe('done')
  expect(new Set(seen)).toEqual(new Set([2, 4]))
})

test('work at once is done in one go', () => {
  const { work, done } = pieces(1000)
  expect(atOnce(work())).toBe('done')
  expect(done).toHaveLength(5)
})
