import { PATIENCE_MS } from '../patience.ts'

/** One call over the bridge, as any script of the page could make it. */
export const callBridge = (call: string, input: unknown, waitMs = PATIENCE_MS) => `new Promise((done) => {
  const id = 900000 + Math.floor(Math.random() * 90000)
  studioBridge.subscribe((message) => {
    const answer = message.kind === 'wire' ? JSON.parse(message.text) : {}
    if (answer.id === id) done(answer)
  })
  studioBridge.send(JSON.stringify({ id, call: ${JSON.stringify(call)}, input: ${JSON.stringify(input)} }))
  setTimeout(() => done(null), ${waitMs})
})`

/** What the host or the window answered; null: nothing came. */
export type Answer = {
  readonly ok: boolean
  readonly output?: unknown
  readonly error?: { readonly code: string }
} | null
