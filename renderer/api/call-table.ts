import type { CallInput, CallName, CallOutput } from '../../shared/contract.ts'
import { fault, StudioError, type StudioErrorData } from '../../shared/domain/error.ts'
import { checkInput, checkOutput } from './checks.ts'

/** Calls that change something: never sent twice, since the first try may have been carried out. */
const CHANGING: ReadonlySet<CallName> = new Set<CallName>([
  'runs.start',
  'runs.startTwins',
  'runs.stop',
  'runs.resume',
  'runs.rename',
  'runs.describe',
  'runs.reorder',
  'runs.delete',
  'models.add',
  'models.remove',
  'data.add',
  'data.remove',
  'exports.start',
  'merges.start',
  'paired.start',
  'downloads.start',
  'downloads.resume',
  'downloads.remove',
  'hub.giveToken',
  'settings.set',
  'bundles.save',
  'bundles.import',
  'history.repair',
  'chat.send',
  'chat.regenerate',
  'chat.clear',
  'chat.close',
])

export type Answer =
  | { readonly id: number; readonly ok: true; readonly output?: unknown }
  | { readonly id: number; readonly ok: false; readonly error: StudioErrorData }

type Entry = {
  readonly name: CallName
  readonly text: string
  sent: boolean
  readonly settle: (answer: Answer) => void
  readonly fail: (error: StudioError) => void
}

const lostFault = (name: CallName) =>
  fault('refused', `The connection was lost before the host answered ${name}.`, {
    hint: 'It may or may not have been done: look at what is shown before you try again.',
    retryable: true,
  })
const offlineFault = (name: CallName) =>
  fault('refused', `${name} was not sent: there is no connection to the host.`, {
    hint: 'Wait until the status bar says "Connected", then try again.',
    retryable: true,
  })

/** The calls under way. Reading ones wait for a connection and are sent again after a loss; changing ones fail clearly. */
export function createCallTable(send: (text: string) => void) {
  const entries = new Map<number, Entry>()
  let online = false
  let nextId = 1

  const transmit = (entry: Entry) => {
    entry.sent = true
    send(entry.text)
  }
  return {
    online() {
      online = true
      for (const entry of entries.values()) transmit(entry)
    },
    offline() {
      online = false
      for (const [id, entry] of entries) {
        if (!entry.sent || !CHANGING.has(entry.name)) continue
        entries.delete(id)
        entry.fail(lostFault(entry.name))
      }
    },
    answer(answer: Answer) {
      const entry = entries.get(answer.id)
      entries.delete(answer.id)
      entry?.settle(answer)
    },
    async call<K extends CallName>(name: K, input: CallInput<K>): Promise<CallOutput<K>> {
      const checked = checkInput(name, input)
      if (!online && CHANGING.has(name)) throw offlineFault(name)
      const id = nextId++
      const text = JSON.stringify({ id, call: name, input: checked })
      const output = await new Promise<unknown>((resolve, reject) => {
        const settle = (answer: Answer) => (answer.ok ? resolve(answer.output) : reject(new StudioError(answer.error)))
        const entry: Entry = { name, text, sent: false, settle, fail: reject }
        entries.set(id, entry)
        if (online) transmit(entry)
      })
      return checkOutput(name, output) as CallOutput<K>
    },
  }
}
