import { EventEmitter } from 'node:events'
import { expect, onTestFinished, test, vi } from 'vitest'
import type { WebSocket } from 'ws'
import { startHeartbeat } from '../../../../main/host/front/socket.ts'

/** The three members the heartbeat uses; a real socket always answers a ping by itself. */
function socketThat(answers: boolean) {
  const emitter = new EventEmitter()
  const ping = () => answers && queueMicrotask(() => emitter.emit('pong'))
  return Object.assign(emitter, { ping, terminate: vi.fn() })
}

test('a socket that stops answering is ended at the second beat, one that answers stays', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const [silent, lively] = [socketThat(false), socketThat(true)]
  const end = startHeartbeat(new Set([silent, lively]) as unknown as ReadonlySet<WebSocket>, 1000)
  await vi.advanceTimersByTimeAsync(1000)
  expect(silent.terminate).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1000)
  expect(silent.terminate).toHaveBeenCalledOnce()
  await vi.advanceTimersByTimeAsync(5000)
  expect(lively.terminate).not.toHaveBeenCalled()
  end()
})
