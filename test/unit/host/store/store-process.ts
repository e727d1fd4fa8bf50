import { fork } from 'node:child_process'
import { once } from 'node:events'
import { afterAll } from 'vitest'
import type { RunConfig } from '../../../../shared/domain/run-config.ts'

/** What a studio that has a history open is told to do with it. */
export type StoreOrder = { readonly file: string } & (
  | { readonly call: 'add'; readonly id: string; readonly config: RunConfig }
  | { readonly call: 'keep' | 'runs' | 'check' | 'close' }
)
/** The runs that it sees then (or the complaints of a check), or why it could not. */
export type StoreAnswer = { readonly found: readonly string[] } | { readonly code: string; readonly message: string }

/** A process of its own, ended after the file's tests. It opens each history at the first order that names it. */
export function forkStore() {
  const child = fork(new URL('./store-worker.ts', import.meta.url), { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  afterAll(() => void child.kill())
  let last: Promise<unknown> = Promise.resolve()
  /** One after another: answers carry no names. */
  return (given: StoreOrder): Promise<StoreAnswer> => {
    const answer = last.then(async () => {
      child.send(given)
      return ((await once(child, 'message')) as [StoreAnswer])[0]
    })
    last = answer
    return answer
  }
}

/** What a process can be told to do with one history. */
export const studioOn = (order: ReturnType<typeof forkStore>, file: string, config: RunConfig) => ({
  add: (id: string) => order({ file, call: 'add', id, config }),
  keep: () => order({ file, call: 'keep' }),
  runs: () => order({ file, call: 'runs' }),
  check: () => order({ file, call: 'check' }),
  close: () => order({ file, call: 'close' }),
})
