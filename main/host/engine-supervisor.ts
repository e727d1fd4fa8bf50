import { type ChildProcess, fork } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fault, type StudioErrorData, toErrorData } from '../../shared/domain/error.ts'
import type { ExportReport } from '../../shared/domain/export.ts'
import { shown } from '../../shared/domain/shown.ts'
import {
  type EngineReport,
  type EngineRequest,
  engineReportSchema,
  engineRequestSchema,
  type Inspection,
} from '../../shared/engine-protocol.ts'
import { LEAN_HEAP } from '../native/lean-heap.ts'
import { engineDeath } from './engine-death.ts'
import { createEngineLog } from './engine-log.ts'
import { removeHalfWritten } from './half-written.ts'
import { withoutToken } from './hub/token.ts'
import { createMetricBuffer } from './metric-buffer.ts'

/** How a job ended. `killed`: the host ended the process itself, after `stop` went unanswered or on `kill`. */
export type EngineOutcome =
  | { readonly type: 'finished'; readonly step: number; readonly note: string | null }
  | { readonly type: 'stopped'; readonly step: number }
  | { readonly type: 'exported'; readonly report: ExportReport }
  | { readonly type: 'inspected'; readonly inspection: Inspection }
  | { readonly type: 'failed'; readonly error: StudioErrorData }
  | { readonly type: 'killed' }

/** What an engine says of its progress. */
const PROGRESS = ['phase', 'asked', 'plan', 'metrics', 'checkpoint', 'pruned', 'alarm'] as const
export type EngineProgress = Extract<EngineReport, { type: (typeof PROGRESS)[number] }>

/** What an engine says in a chat. */
export type EngineChat = Extract<EngineReport, { type: 'ready' | 'token' | 'generated' }>

export type EngineOptions = {
  /** The built engine; a .ts file works where Node strips types. */
  readonly entry: string
  readonly request: EngineRequest
  readonly logFile: string
  /** Called in the order the engine reported, metrics in batches; a throw ends the job as failed. */
  readonly onProgress: (report: EngineProgress) => void
  readonly onChat?: (report: EngineChat) => void
  /** How long a polite stop (current step, checkpoint) may take. */
  readonly stopTimeoutMs: number
  readonly env?: Readonly<Record<string, string>>
}

export type EngineJob = {
  readonly pid: number | undefined
  /** Settles once the process is gone and its memory free; never rejects. */
  readonly done: Promise<EngineOutcome>
  /** A further message of a chat, or the receipt of a checkpoint. */
  tell(message: Extract<EngineRequest, { type: 'generate' | 'cancel' | 'stored' }>): void
  stop(checkpoint: boolean): void
  kill(): void
}

/** After its last report an engine has this long to leave by itself. */
const EXIT_GRACE_MS = 15_000

const children = new Set<ChildProcess>()
// No engine outlives its host; one also leaves by itself when the channel to its host closes (kill -9 of the host).
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL')
})

function spawnEngine(entry: string, env: Readonly<Record<string, string>>): ChildProcess {
  const strip = entry.endsWith('.ts') && !process.features.typescript ? ['--experimental-strip-types'] : []
  const child = fork(entry, [], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [...LEAN_HEAP, ...strip],
    env: { ...withoutToken(process.env), ELECTRON_RUN_AS_NODE: '1', ...env },
    // Its own group: Ctrl+C in a terminal reaches the host only, which then stops the engine politely.
    detached: process.platform !== 'win32',
  })
  children.add(child)
  child.once('close', () => children.delete(child))
  return child
}

/** A message that does not fit the protocol, as a fault that says where. */
function protocolFault(message: unknown, issues: readonly { path: PropertyKey[]; message: string }[]): StudioErrorData {
  const details = issues
    .slice(0, 10)
    .map(({ path, message: text }) => `${path.map(String).join('.') || 'message'}: ${text}`)
  return fault('internal', `The engine sent a message the host does not understand: ${shown(message, 300)}`, {
    hint: 'Host and engine may be of different versions: build again with `npm start`.',
    details,
  }).data
}

function isProgress(report: EngineReport): report is EngineProgress {
  return PROGRESS.some((type) => type === report.type)
}

function isChat(report: EngineReport): report is EngineChat {
  return ['ready', 'token', 'generated'].includes(report.type)
}

/** Starts one engine process for one job, checks every message both ways and tells how it ended, whatever happens. */
export function startEngine(options: EngineOptions): EngineJob {
  const { entry, logFile, onProgress, stopTimeoutMs } = options
  const request = engineRequestSchema.parse(options.request)
  if (!existsSync(entry)) {
    throw fault('not-found', `The engine ${entry} is missing.`, { hint: 'Build the studio first: npm start does it.' })
  }
  const log = createEngineLog(logFile)
  const child = spawnEngine(entry, options.env ?? {})
  let outcome: EngineOutcome | undefined
  let killedByUs = false
  let killTimer: NodeJS.Timeout | undefined
  const buffer = createMetricBuffer((rows) => deliver({ type: 'metrics', rows }))

  function kill(): void {
    killedByUs = true
    child.kill('SIGKILL')
  }
  function fail(error: StudioErrorData): void {
    outcome ??= { type: 'failed', error }
    kill()
  }
  /** After a failure nothing more is written: what follows could contradict it. */
  function deliver(report: EngineProgress): void {
    if (outcome?.type === 'failed') return
    try {
      onProgress(report)
    } catch (error) {
      fail(toErrorData(error))
    }
  }
  function conclude(report: Exclude<EngineReport, EngineProgress | EngineChat>): void {
    outcome ??= report
    clearTimeout(killTimer)
    killTimer = setTimeout(kill, EXIT_GRACE_MS)
  }
  function receive(message: unknown): void {
    const parsed = engineReportSchema.safeParse(message)
    if (!parsed.success) fail(protocolFault(message, parsed.error.issues))
    else if (parsed.data.type === 'metrics') buffer.add(parsed.data.rows)
    else {
      // What was measured before this report must be stored before it.
      buffer.flush()
      if (isProgress(parsed.data)) deliver(parsed.data)
      else if (isChat(parsed.data)) options.onChat?.(parsed.data)
      else conclude(parsed.data)
    }
  }
  function send(message: EngineRequest): void {
    // A channel closed by a dying engine is told by its exit; the failed send adds nothing.
    if (child.connected) child.send(engineRequestSchema.parse(message), () => {})
  }

  function outcomeAtClose(code: number | null, signal: string | null): EngineOutcome {
    if (outcome) return outcome
    if (killedByUs) return { type: 'killed' }
    return { type: 'failed', error: engineDeath({ code, signal, lines: log.lastLines(), logFile }) }
  }
  const done = new Promise<EngineOutcome>((resolve) => {
    child.on('error', ({ message }) => {
      // Not even started: there will be no `close`.
      if (child.pid !== undefined) return
      const error = fault('engine-died', `The engine cannot start: ${message}`).data
      void log.end().then(() => resolve({ type: 'failed', error }))
    })
    // `close` comes after the last message and the last line, unlike `exit`.
    child.once('close', (code, signal) => {
      clearTimeout(killTimer)
      buffer.flush()
      // Whoever is told of a death reads the log next, so it has to be there.
      const settled = [log.end(), removeHalfWritten(request, child.pid)]
      void Promise.all(settled).then(() => resolve(outcomeAtClose(code, signal)))
    })
  })
  if (child.stdout) log.follow(child.stdout)
  if (child.stderr) log.follow(child.stderr)
  child.on('message', receive)
  send(request)
  return {
    pid: child.pid,
    done,
    tell: send,
    stop(checkpoint) {
      send({ type: 'stop', checkpoint })
      killTimer ??= setTimeout(kill, stopTimeoutMs)
    },
    kill,
  }
}
