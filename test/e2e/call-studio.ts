import { once } from 'node:events'
import { WebSocket } from 'ws'
import type { CallInput, CallName, CallOutput } from '../../shared/contract.ts'
import { type ServerMessage, SOCKET_PATH, TOKEN_PARAMETER } from '../../shared/wire.ts'

/** One call to a served studio, beside the page that is under test. */
export async function callStudio<K extends CallName>(
  url: string,
  call: K,
  input: CallInput<K>,
): Promise<CallOutput<K>> {
  const { host, hash } = new URL(url)
  const token = new URLSearchParams(hash.slice(1)).get(TOKEN_PARAMETER)
  const socket = new WebSocket(`ws://${host}${SOCKET_PATH}?${TOKEN_PARAMETER}=${token}`)
  await once(socket, 'open')
  try {
    socket.send(JSON.stringify({ id: 1, call, input }))
    for (;;) {
      const [data] = await once(socket, 'message')
      const message = JSON.parse(String(data)) as ServerMessage
      if ('event' in message) continue
      if (!message.ok) throw new Error(`${call}: ${message.error.message}`)
      return message.output as CallOutput<K>
    }
  } finally {
    socket.close()
  }
}
