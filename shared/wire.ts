import { z } from 'zod'
import { CALLS, type CallName, EVENTS, type EventName } from './contract.ts'
import { studioErrorSchema } from './domain/error.ts'

/** Path of the WebSocket; the token follows as `?token=…`. The page itself is opened as `/#token=…`. */
export const SOCKET_PATH = '/socket'
/** Name of the token in the page's fragment and in the socket's query. */
export const TOKEN_PARAMETER = 'token'
/** Longest message a client may send, in bytes; `config.parse` with its 200,000 characters fits well. */
export const MAX_MESSAGE_BYTES = 2 * 1024 * 1024

/** A call of a front, whatever carries it (WebSocket or process messages). The input is checked against its call. */
export const clientMessageSchema = z.object({
  id: z.number().int().min(0),
  call: z.enum(Object.keys(CALLS) as [CallName, ...CallName[]]),
  input: z.unknown(),
})

/** What the host sends: the answer to a call, or an event. Outputs and payloads are checked against the contract. */
export const serverMessageSchema = z.union([
  z.object({ id: z.number().int(), ok: z.literal(true), output: z.unknown() }),
  z.object({ id: z.number().int(), ok: z.literal(false), error: studioErrorSchema }),
  z.object({ event: z.enum(Object.keys(EVENTS) as [EventName, ...EventName[]]), payload: z.unknown() }),
])
export type ServerMessage = z.infer<typeof serverMessageSchema>
