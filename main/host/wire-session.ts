import { z } from 'zod'
import { fault } from '../../shared/domain/error.ts'
import { clientMessageSchema, type ServerMessage } from '../../shared/wire.ts'
import type { Host } from './host.ts'

const withId = z.object({ id: z.number().int().min(0) })
/** Calls of one front at work at once; a well-behaved front has a handful. */
const MAX_CALLS_AT_WORK = 256

/** Answers one front's messages; every sent message is plain JSON. `receive` gets a parsed message of any shape. */
export function createWireSession(host: Pick<Host, 'dispatch'>, send: (message: ServerMessage) => void) {
  let atWork = 0
  async function receive(message: unknown): Promise<void> {
    const parsed = clientMessageSchema.safeParse(message)
    if (!parsed.success) {
      // Without a number to answer to there is nobody to tell.
      const known = withId.safeParse(message)
      const error = fault(
        'bad-config',
        `Not a call of this studio: ${parsed.error.issues[0]?.path.join('.') || 'message'}.`,
      ).data
      if (known.success) send({ id: known.data.id, ok: false, error })
      return
    }
    const { id, call, input } = parsed.data
    if (atWork >= MAX_CALLS_AT_WORK) {
      return send({ id, ok: false, error: fault('refused', 'Too many calls at once.', { retryable: true }).data })
    }
    atWork++
    const result = await host.dispatch(call, input)
    atWork--
    send({ id, ...result })
  }
  return { receive }
}
