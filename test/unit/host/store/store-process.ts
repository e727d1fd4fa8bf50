import { fork } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import type { RunConfig } from '../../../../shared/domain/run-config.ts'

/** What a studio that has a history open is told to do with it. */
export type StoreOrder =
  | { readonly call: 'add'; readonly id: string; readonly config: RunConfig }
  | { readonly call: 'keep' | 'runs' | 'check' | 'close' }
/** The runs that it sees then (or the complaints of a check), or why it could not. */
export type StoreAnswer = { readonly found: readonly string[] } | { readonly code: string; readonly message: string }

/** A process of its own that opens a history at the first order and obeys the others. */
export function forkStore(file: string, config: RunConfig) {
  const child = fork(new URL('./store-worker.ts', import.meta.url), [file], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  onTestFinished(() => void child.kill())
  let last: Promise<unknown> = Promise.resolve()
  /** One after another: answers carry no names. */
  const order = (given: StoreOrder): Promise<StoreAnswer> => {
    const answer = last.then(async () => {
      child.send(given)
      return ((await once(child, 'message')) as [StoreAnswer])[0]
    })
    last = answer
    return answer
  }
  return {
    add: (id: string) => order({ call: 'add', id, config }),
    keep: () => order({ call: 'keep' }),
    runs: () => order({ call: 'runs' }),
    check: () => order({ call: 'check' }),
    close: () => order({ call: 'close' }),
  }
}
