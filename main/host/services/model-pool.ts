import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type {
  ChatFacts,
  ChatModelState,
  ChatPrompt,
  GenerationOptions,
  GenerationStats,
  Prediction,
} from '../../../shared/domain/chat.ts'
import { fault, StudioError, type StudioErrorData, toErrorData } from '../../../shared/domain/error.ts'
import type { EngineRequest } from '../../../shared/engine-protocol.ts'
import { type EngineChat, type EngineJob, type EngineOutcome, startEngine } from '../engine-supervisor.ts'
import type { HostContext } from './host-context.ts'

export type ChatRequest = Extract<EngineRequest, { type: 'chat' }>
export type ModelStatus = Pick<ChatModelState, 'status' | 'phase' | 'error' | 'facts'>
export type Result = { readonly stats: GenerationStats | null; readonly prediction: Prediction | null }

/** An answer on its way. */
export type Answering = {
  /** Rejects with the fault of the answer or of its engine. */
  readonly done: Promise<Result>
  /** Ends it early; `done` resolves with what there is. */
  readonly cancel: () => void
}

type Ask = {
  readonly onText: (text: string) => void
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** One engine that holds one model, or is loading it. */
type Engine = {
  readonly request: string
  readonly job: EngineJob
  readonly ready: Promise<void>
  readonly asks: Map<number, Ask>
  loaded: boolean
  idle: NodeJS.Timeout | undefined
  /** For choosing which one gives way. */
  usedAt: number
  /** Why it is being ended by the pool; null: it ended by itself. */
  freed: string | null
}

export type PoolOptions = {
  /** Models in memory at once. */
  readonly most: number
  readonly idleMs: number
  readonly onChange: (key: string) => void
}

const NEVER_LOADED: ModelStatus = { status: 'unloaded', phase: null, error: null, facts: null }
const NOTHING: Result = { stats: null, prediction: null }

function deathOf(outcome: EngineOutcome, freed: string | null): StudioErrorData {
  if (outcome.type === 'failed') return outcome.error
  return fault('engine-died', freed ?? 'The model was unloaded before it had answered.', {
    hint: 'Ask again: it is loaded anew.',
    retryable: true,
  }).data
}

/** Models to talk to, each in an engine of its own: loaded when asked, freed when idle, when room is needed, or when they die. */
export function createModelPool(context: HostContext, { most, idleMs, onChange }: PoolOptions) {
  const engines = new Map<string, Engine>()
  const states = new Map<string, ModelStatus>()
  let lastId = 0
  let closed = false

  const stateOf = (key: string): ModelStatus => states.get(key) ?? NEVER_LOADED
  function change(key: string, patch: Partial<ModelStatus>): void {
    states.set(key, { ...stateOf(key), ...patch })
    onChange(key)
  }
  const isIdle = ({ loaded, asks }: Engine) => loaded && asks.size === 0
  const idleKeys = (but: string) =>
    [...engines].filter(([key, engine]) => key !== but && isIdle(engine)).sort(([, a], [, b]) => a.usedAt - b.usedAt)

  async function free(key: string, reason: string): Promise<void> {
    const engine = engines.get(key)
    if (!engine) return
    engine.freed = reason
    engine.job.kill()
    await engine.job.done
  }
  function rest(key: string, engine: Engine): void {
    engine.usedAt = performance.now()
    clearTimeout(engine.idle)
    if (!isIdle(engine)) return
    const minutes = Math.round(idleMs / 60_000)
    engine.idle = setTimeout(() => void free(key, `Freed after ${minutes} minutes without a text`), idleMs)
    engine.idle.unref()
  }
  async function makeRoom(key: string): Promise<void> {
    if (engines.size < most) return
    const [oldest] = idleKeys(key)
    if (!oldest) throw fault('conflict', `${engines.size} models are at work already.`, { hint: 'Wait for an answer.' })
    await free(oldest[0], 'Freed for another model')
  }
  function hear(key: string, engine: Engine, report: Exclude<EngineChat, { type: 'ready' }>): void {
    const ask = engine.asks.get(report.id)
    if (!ask) return
    if (report.type === 'token') {
      ask.onText(report.text)
      return
    }
    engine.asks.delete(report.id)
    if ('error' in report.result) ask.reject(new StudioError(report.result.error))
    else ask.resolve(report.result)
    rest(key, engine)
  }
  function ended(key: string, engine: Engine, outcome: EngineOutcome): StudioError {
    const error = deathOf(outcome, engine.freed)
    clearTimeout(engine.idle)
    engines.delete(key)
    for (const { reject } of engine.asks.values()) reject(new StudioError(error))
    change(
      key,
      engine.freed === null
        ? { status: 'failed', phase: null, error }
        : { status: 'unloaded', phase: engine.freed, error: null },
    )
    return new StudioError(error)
  }
  function start(key: string, request: ChatRequest): Engine {
    mkdirSync(context.runsFolder, { recursive: true })
    const { promise: ready, resolve, reject } = Promise.withResolvers<void>()
    // Whoever waits for it is told; nobody need be.
    ready.catch(() => undefined)
    const onReady = (facts: ChatFacts) => {
      engine.loaded = true
      rest(key, engine)
      change(key, { status: 'ready', phase: null, error: null, facts })
      resolve()
    }
    const job = startEngine({
      entry: context.engineEntry,
      request,
      logFile: join(context.runsFolder, 'chat.log'),
      stopTimeoutMs: context.stopTimeoutMs,
      env: context.engineEnv,
      onProgress: (report) => {
        if (report.type === 'phase') change(key, { phase: report.phase })
      },
      onChat: (report) => (report.type === 'ready' ? onReady(report.facts) : hear(key, engine, report)),
    })
    const engine: Engine = {
      request: JSON.stringify(request),
      job,
      ready,
      asks: new Map(),
      loaded: false,
      idle: undefined,
      usedAt: performance.now(),
      freed: null,
    }
    engines.set(key, engine)
    void job.done.then((outcome) => reject(ended(key, engine, outcome)))
    return engine
  }
  /** The engine of a model, loaded; anew where the request (a newer checkpoint) is another than it was loaded with. */
  async function ensure(key: string, request: ChatRequest): Promise<Engine> {
    if (closed) throw fault('refused', 'The studio is closing.')
    const there = engines.get(key)
    const outdated = there && there.request !== JSON.stringify(request) && isIdle(there)
    if (outdated || (there && there.freed !== null)) await free(key, 'Loading it anew')
    const known = engines.get(key)
    if (known) {
      await known.ready
      return known
    }
    await makeRoom(key)
    const engine = engines.get(key) ?? start(key, request)
    await engine.ready
    return engine
  }
  /** Says why a model is not there, until it is. */
  function refuse(key: string, thrown: unknown): void {
    if (!engines.has(key)) change(key, { status: 'failed', phase: null, error: toErrorData(thrown) })
  }
  /** A model that does not fit is tried once more after others have made room. */
  async function withRoom(key: string, request: ChatRequest): Promise<Engine> {
    try {
      return await ensure(key, request)
    } catch (error) {
      const crowded = error instanceof StudioError && error.data.code === 'out-of-memory' ? idleKeys(key) : []
      if (crowded.length === 0) throw error
      await Promise.all(crowded.map(([other]) => free(other, 'Freed for another model')))
      return ensure(key, request)
    }
  }
  async function load(key: string, request: ChatRequest): Promise<Engine> {
    if (!engines.has(key)) change(key, { status: 'loading', phase: 'Starting the engine', error: null })
    try {
      return await withRoom(key, request)
    } catch (error) {
      refuse(key, error)
      throw error
    }
  }
  return {
    stateOf,
    refuse,
    /** Settles once it is loaded or could not be; never rejects. */
    async load(key: string, request: ChatRequest): Promise<void> {
      await load(key, request).catch(() => undefined)
    },
    ask(
      key: string,
      request: ChatRequest,
      order: { readonly prompt: ChatPrompt; readonly options: GenerationOptions },
      onText: (text: string) => void,
    ): Answering {
      const id = ++lastId
      let cancelled = false
      let engine: Engine | undefined
      const work = async (): Promise<Result> => {
        engine = await load(key, request)
        if (cancelled) return NOTHING
        const { asks, job, idle } = engine
        clearTimeout(idle)
        return new Promise((resolve, reject) => {
          asks.set(id, { onText, resolve, reject })
          job.tell({ type: 'generate', id, ...order })
        })
      }
      return {
        done: work(),
        cancel: () => {
          cancelled = true
          engine?.job.tell({ type: 'cancel', id })
        },
      }
    },
    /** Frees what is loaded and not answering. */
    freeIdle(reason: string): void {
      for (const [key] of idleKeys('')) void free(key, reason)
    },
    /** Ends the model and forgets it. */
    async forget(key: string): Promise<void> {
      await free(key, 'The conversation was closed')
      states.delete(key)
    },
    async close(): Promise<void> {
      closed = true
      await Promise.all([...engines.keys()].map((key) => free(key, 'The studio is closing')))
    },
  }
}
