import type { HostState } from '../../shared/bridge.ts'
import { forkProcess } from './fork-process.ts'
import { processFile } from './paths.ts'
import type { Runtime } from './runtime.ts'

type SetupMessage =
  | { readonly type: 'progress'; readonly text: string; readonly fraction: number | null }
  /** Variables host and engines need to find the library. */
  | { readonly type: 'done'; readonly env: Readonly<Record<string, string>> }

/**
 * First start of an installed studio: fetches libtensorflow, telling how far it is; a fraction of a second when it is
 * there. A set-up that dies leaves the portable backend, of which Doctor and status bar speak.
 */
export function runNativeSetup(
  runtime: Runtime | null,
  resources: Readonly<Record<string, string>>,
  onState: (state: HostState) => void,
): Promise<Readonly<Record<string, string>>> {
  onState({ kind: 'setting-up', text: 'looking at this machine', fraction: null })
  return new Promise((resolve) => {
    const child = forkProcess('native-setup', processFile('native-setup'), runtime, resources)
    let env: Readonly<Record<string, string>> = {}
    child.onMessage((message) => {
      // Our own process, built with this one.
      const told = message as SetupMessage
      if (told.type === 'done') env = told.env
      else onState({ kind: 'setting-up', text: told.text, fraction: told.fraction })
    })
    child.onEnd(() => resolve(env))
  })
}
