import type { CallInput, CallName, CallOutput } from '../../shared/contract.ts'
import { fault, StudioError, type StudioErrorData } from '../../shared/domain/error.ts'
import type { ServerMessage } from '../../shared/wire.ts'

type Answer = Exclude<ServerMessage, { event: unknown }>

const notReady = () =>
  fault('refused', 'The host is not ready.', { hint: 'It is being started; try again in a moment.', retryable: true })

/** Several callers on one channel: numbers of calls are replaced on the way out and put back on the way in. */
export function createHostLink(send: (message: unknown) => boolean) {
  const waiting = new Map<number, (answer: Answer) => void>()
  // 0 is the supervisor's own.
  let nextId = 1

  function transmit(call: unknown, input: unknown, settle: (answer: Answer) => void): void {
    const id = nextId++
    if (send({ id, call, input })) waiting.set(id, settle)
    else settle({ id, ok: false, error: notReady().data })
  }
  return {
    /** A call of the page, already parsed; `reply` gets the answer with the page's own number. */
    forward(id: number, call: unknown, input: unknown, reply: (answer: Answer) => void): void {
      transmit(call, input, (answer) => reply({ ...answer, id }))
    },
    /** A call of the main process itself; the host checks both directions. */
    call<K extends CallName>(name: K, input: CallInput<K>): Promise<CallOutput<K>> {
      return new Promise((resolve, reject) => {
        transmit(name, input, (answer) =>
          answer.ok ? resolve(answer.output as CallOutput<K>) : reject(new StudioError(answer.error)),
        )
      })
    },
    /** An answer of the host. */
    answer(answer: Answer): void {
      const settle = waiting.get(answer.id)
      waiting.delete(answer.id)
      settle?.(answer)
    },
    /** The host is gone: whoever waits is told. The page asks again by itself where that is safe. */
    lost(error: StudioErrorData = notReady().data): void {
      const settles = [...waiting.values()]
      waiting.clear()
      for (const settle of settles) settle({ id: 0, ok: false, error })
    },
  }
}
