import { performance } from 'node:perf_hooks'
import { app, safeStorage } from 'electron'
import type { HostState } from '../../shared/bridge.ts'
import type { ServerMessage } from '../../shared/wire.ts'
import { forkProcess } from './fork-process.ts'
import { createHostLink } from './host-link.ts'
import { createHostSupervisor } from './host-supervisor.ts'
import { createHubTokenKeeper } from './hub-token.ts'
import { runNativeSetup } from './native-setup.ts'
import { createPairedWatch } from './paired-watch.ts'
import { hubTokenFile, logFolder, processFile } from './paths.ts'
import { createRunWatch, type RunEnd } from './run-watch.ts'
import { chooseRuntime } from './runtime.ts'
import { createSecretStore } from './secret-store.ts'

export type StudioHostOptions = {
  readonly onState: (state: HostState) => void
  readonly onEvent: (event: ServerMessage) => void
  readonly onRunEnd: (end: RunEnd) => void
  /** A run at work went on, or another one joined. */
  readonly onProgress: () => void
}

export type StudioHost = ReturnType<typeof createStudioHost>

/** The host as the window sees it: a supervised process, calls to it, and what is at work. */
export function createStudioHost({ onState, onEvent, onRunEnd, onProgress }: StudioHostOptions) {
  const runtime = chooseRuntime({ execPath: process.execPath, nodeApi: process.versions.napi, env: process.env })
  const runs = createRunWatch(onRunEnd)
  const pairs = createPairedWatch(onRunEnd)
  // An installed studio keeps what it ships beside its archive.
  const resources: Record<string, string> = app.isPackaged ? { DORA_STUDIO_RESOURCES: process.resourcesPath } : {}
  let engineEnv: Readonly<Record<string, string>> = {}
  let state: HostState = { kind: 'starting' }

  function enter(next: HostState): void {
    state = next
    if (next.kind === 'ready') greet()
    else link.lost()
    onState(next)
  }
  /** What a host that has just started needs to know, and what it is to go on with; the token comes first. */
  function greet(): void {
    void link.call('runs.list', {}).then(runs.reset, () => {})
    void link.call('paired.list', {}).then(pairs.reset, () => {})
    void tokens
      .restore()
      .then(() => link.call('downloads.takeUp', {}))
      .catch(() => {})
  }
  function receive(message: ServerMessage): void {
    if (!('event' in message)) {
      link.answer(message)
      return
    }
    // Checked against the contract by the host that sent it.
    if (message.event === 'run.updated') runs.update(message.payload as Parameters<typeof runs.update>[0])
    if (message.event === 'run.deleted') runs.remove((message.payload as { runId: string }).runId)
    if (message.event === 'paired.updated') pairs.update(message.payload as Parameters<typeof pairs.update>[0])
    onProgress()
    onEvent(message)
  }
  const supervisor = createHostSupervisor({
    start: () => forkProcess('host', processFile('host'), runtime, { ...resources, ...engineEnv }),
    schedule(task, ms) {
      const timer = setTimeout(task, ms)
      return () => clearTimeout(timer)
    },
    // Imported, for Electron 9 has no such global.
    now: () => performance.now(),
    onState: enter,
    onMessage: receive,
    logFolder: logFolder(),
  })
  const link = createHostLink(supervisor.send)
  const tokens = createHubTokenKeeper(createSecretStore(hubTokenFile(), safeStorage), (input) =>
    link.call('hub.giveToken', input),
  )
  return {
    state: () => state,
    forward: link.forward,
    answerToken: tokens.answer,
    activeRuns: runs.active,
    activePairs: pairs.active,
    /** Both, runs first. */
    activeWork: () => [...runs.active(), ...pairs.active()],
    /** Every run at work keeps a checkpoint; those that wait leave the queue first, so that none takes its place. */
    async stopWork(): Promise<void> {
      for (const { id } of pairs.active().reverse()) await link.call('paired.cancel', { id }).catch(() => {})
      const ids = runs.active().map(({ id }) => id)
      for (const runId of ids.reverse()) await link.call('runs.stop', { runId, checkpoint: true }).catch(() => {})
    },
    restart: supervisor.start,
    close: supervisor.close,
    /** `npm start` has done the set-up; an installed studio does it here. */
    async start(): Promise<void> {
      if (app.isPackaged && runtime) engineEnv = await runNativeSetup(runtime, resources, enter)
      supervisor.start()
    },
  }
}
