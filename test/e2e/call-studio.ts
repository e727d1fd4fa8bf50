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
    // One listener for all: an event and the answer may come in the same turn.
    const answer = new Promise<Extract<ServerMessage, { id: number }>>((resolve, reject) => {
      socket.on('message', (data) => {
        const message = JSON.parse(String(data)) as ServerMessage
        if ('id' in message) resolve(message)
      })
      socket.once('close', () => reject(new Error(`${call}: the studio closed the connection.`)))
    })
    socket.send(JSON.stringify({ id: 1, call, input }))
    const message = await answer
    if (!message.ok) throw new Error(`${call}: ${message.error.message}`)
    return message.output as CallOutput<K>
  } finally {
    socket.close()
  }
}
