import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { WebSocket, WebSocketServer } from 'ws'
import { desktopCallsRefused } from '../../main/host/services/desktop-calls.ts'
import type { CallInput, CallName, CallOutput, EventName, EventPayload } from '../../shared/contract.ts'
import { fault, toErrorData } from '../../shared/domain/error.ts'
import type { ExportJob } from '../../shared/domain/export.ts'
import type { MergeJob } from '../../shared/domain/merge.ts'
import type { MetricRow, Series } from '../../shared/domain/metric.ts'
import type { RunDetail } from '../../shared/domain/run.ts'
import { type RunConfig, runConfigSchema } from '../../shared/domain/run-config.ts'
import { clientMessageSchema, SOCKET_PATH } from '../../shared/wire.ts'
import { createScriptedChats } from './scripted-chat.ts'
import { createScriptedLibrary } from './scripted-library.ts'
import { scriptedRows } from './scripted-run.ts'

/** A host without an engine, for work on the page alone: it speaks the wire protocol and plays a scripted run. */
type Options = {
  readonly rendererFolder: string
  readonly totalSteps: number
  readonly stepMs: number
  readonly port: number
}

const MIME: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}
const CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self' ws://127.0.0.1:*"

type ScriptedRun = { detail: RunDetail; rows: MetricRow[]; timer: NodeJS.Timeout | null }
type Handlers = { readonly [K in CallName]: (input: CallInput<K>) => CallOutput<K> | Promise<CallOutput<K>> }

const demoConfig = (): RunConfig =>
  runConfigSchema.parse({
    run_name: 'Kinds of things (DoRA)',
    model_name_or_path: '/opt/dora-studio/resources/demo/model',
    train_file: '/opt/dora-studio/resources/demo/kinds.train.jsonl',
    validation_file: '/opt/dora-studio/resources/demo/kinds.validation.jsonl',
    test_file: '/opt/dora-studio/resources/demo/kinds.test.jsonl',
    learning_rate: 2e-3,
    num_train_epochs: 2,
    warmup_steps: 30,
  })

function newDetail(config: RunConfig): RunDetail {
  return {
    id: randomUUID(),
    name: config.run_name,
    status: 'preparing',
    method: config.method,
    model: config.model_name_or_path,
    data: config.train_file,
    createdAt: Date.now(),
    startedAt: Date.now(),
    endedAt: null,
    step: 0,
    totalSteps: 0,
    trainLoss: null,
    evalLoss: null,
    evalAccuracy: null,
    testAccuracy: null,
    phase: 'Reading the data',
    error: null,
    resumable: false,
    imported: false,
    alarms: [],
    tags: [],
    notes: '',
    queuePosition: null,
    config,
    plan: null,
    folder: '/home/user/.local/share/dora-studio/runs/1',
    versions: { studio: '0.1.0', tensorflow: '2.18.0', node: '24.21.0' },
    checkpoints: [],
  }
}

const planOf = (totalSteps: number): NonNullable<RunDetail['plan']> => ({
  modelType: 'llama',
  backend: 'tensorflow',
  device: 'TensorFlow 2.18, CPU, 2 threads',
  totalParameters: 6_046_976,
  trainableParameters: 412_160,
  totalSteps,
  stepsPerEpoch: totalSteps / 2,
  trainRows: 8000,
  validationRows: 500,
  testRows: 1000,
  truncatedRows: 3,
  paddingShare: 0.083,
  graphNodes: 4210,
  modelHash: 'c0ffee9a41d2',
  dataHash: '51ab0e77f3c9',
})

export async function startScriptedHost({ rendererFolder, totalSteps, stepMs, port }: Options) {
  const runs = new Map<string, ScriptedRun>()
  const exports: ExportJob[] = []
  const merges: MergeJob[] = []
  const library = createScriptedLibrary((kind) => publish('library.updated', { kind }))
  const chats = createScriptedChats(
    (event, payload) => publish(event, payload),
    (runId) => runOf(runId).detail.name,
  )
  const token = randomUUID()
  let pace = stepMs

  const publish = <K extends EventName>(event: K, payload: EventPayload<K>) => {
    const text = JSON.stringify({ event, payload })
    for (const socket of sockets.clients) if (socket.readyState === WebSocket.OPEN) socket.send(text)
  }
  const update = (run: ScriptedRun, change: Partial<RunDetail>) => {
    run.detail = { ...run.detail, ...change }
    const { config: _c, plan: _p, folder: _f, versions: _v, checkpoints: _k, ...summary } = run.detail
    publish('run.updated', summary)
    return summary
  }
  const runOf = (id: string): ScriptedRun => {
    const run = runs.get(id)
    if (run === undefined) throw fault('not-found', `There is no run ${id}.`)
    return run
  }
  const checkpoint = (run: ScriptedRun) => ({
    step: run.detail.step,
    folder: `${run.detail.folder}/checkpoint-${run.detail.step}`,
    bytes: 4_900_000,
    evalLoss: run.detail.evalLoss,
    best: true,
    createdAt: Date.now(),
  })
  const advance = (run: ScriptedRun) => {
    const step = run.detail.step + 1
    const rows = scriptedRows(step, totalSteps, Date.now())
    run.rows.push(...rows)
    publish('metrics.appended', { runId: run.detail.id, rows })
    const latest = (name: MetricRow['name'], old: number | null) => rows.find((row) => row.name === name)?.value ?? old
    const { trainLoss, evalLoss, evalAccuracy, testAccuracy } = run.detail
    update(run, {
      step,
      trainLoss: latest('train_loss', trainLoss),
      evalLoss: latest('eval_loss', evalLoss),
      evalAccuracy: latest('eval_accuracy', evalAccuracy),
      testAccuracy: latest('test_accuracy', testAccuracy),
    })
    if (step < totalSteps) return
    end(run)
    update(run, { status: 'finished', phase: null, endedAt: Date.now(), checkpoints: [checkpoint(run)] })
  }
  const end = (run: ScriptedRun) => {
    if (run.timer !== null) clearTimeout(run.timer)
    run.timer = null
  }
  const step = (run: ScriptedRun) => {
    run.timer = setTimeout(() => step(run), pace)
    advance(run)
  }
  const train = (run: ScriptedRun) => {
    setTimeout(() => {
      update(run, { status: 'running', phase: 'Training', totalSteps, plan: planOf(totalSteps) })
      run.timer = setTimeout(() => step(run), pace)
    }, 600)
  }
  const playExport = (job: ExportJob, detail: RunDetail) => {
    let current = job
    const timer = setInterval(() => {
      const progress = Math.min(1, current.progress + 0.1)
      current = { ...current, progress, phase: progress < 0.6 ? 'Merging the weights' : 'Proving the merge' }
      if (progress >= 1) {
        clearInterval(timer)
        current = {
          ...current,
          status: 'finished',
          phase: null,
          report: {
            folder: job.folder,
            files: [
              { name: 'config.json', bytes: 812 },
              { name: 'generation_config.json', bytes: 132 },
              { name: 'model.safetensors', bytes: 24_190_112 },
              { name: 'tokenizer.json', bytes: 402_113 },
              { name: 'tokenizer_config.json', bytes: 512 },
            ],
            proof:
              job.kind === 'adapter'
                ? null
                : {
                    prompts: 32,
                    tokens: 1240,
                    maxAbsDifference: 3.1e-5,
                    maxAbsLogit: 18.2,
                    meanKl: 4.2e-10,
                    topOneAgreement: 1,
                  },
          },
        }
      }
      exports.splice(
        exports.findIndex(({ id }) => id === job.id),
        1,
        current,
      )
      publish('export.updated', current)
    }, 200)
    return detail
  }

  const handlers: Handlers = {
    ...chats.handlers,
    'app.info': () => ({
      version: '0.1.0',
      dataFolder: '/home/user/.local/share/dora-studio',
      repaired: null,
      platform: 'linux',
    }),
    'history.check': () => ({
      file: '/home/user/.local/share/dora-studio/studio.sqlite',
      bytes: 583_000_000,
      runs: 200,
      complaints: [],
      backups: [],
      damaged: [],
      repairAtStart: false,
    }),
    'bundles.save': ({ file }) => ({ file, bytes: 12_345 }),
    'bundles.import': ({ file }) => {
      throw fault('not-found', `${file} does not exist, or is no file.`)
    },
    'bundles.reproduce': ({ runId }) => ({ config: runOf(runId).detail.config, differences: [] }),
    'bundles.compare': () => ({ compared: 0, differing: 0, first: [] }),
    'history.repair': () => ({ atNextStart: true }),
    'app.status': () => ({
      device: 'TensorFlow 2.18, CPU, 2 threads',
      memory: { total: 16_000_000_000, available: 9_400_000_000 },
    }),
    'doctor.report': () => ({
      backend: 'tensorflow',
      device: 'CPU, 2 threads',
      gflops: 87.4,
      checks: [
        { id: 'node', label: 'Node.js', status: 'ok', found: '24.21.0', cure: '' },
        { id: 'library', label: 'TensorFlow library', status: 'ok', found: '2.18.0 with its addon', cure: '' },
        {
          id: 'gpu',
          label: 'NVIDIA GPU',
          status: 'warning',
          found: 'No driver found; training runs on the CPU.',
          cure: 'Install the NVIDIA driver if this machine has such a card.',
        },
        { id: 'disk', label: 'Free disk', status: 'ok', found: '48 GB', cure: '' },
      ],
    }),
    'demo.config': demoConfig,
    'config.parse': () => demoConfig(),
    'config.format': (config) => ({
      yaml: `${Object.entries(config)
        .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
        .join('\n')}\n`,
    }),
    'runs.list': () => [...runs.values()].map(({ detail }) => detail),
    'runs.get': ({ runId }) => runOf(runId).detail,
    'runs.start': (config) => {
      const run: ScriptedRun = { detail: newDetail(runConfigSchema.parse(config)), rows: [], timer: null }
      runs.set(run.detail.id, run)
      train(run)
      return update(run, {})
    },
    'runs.stop': ({ runId, checkpoint: save }) => {
      const run = runOf(runId)
      end(run)
      const saved = save ? [checkpoint(run)] : []
      return update(run, { status: 'stopped', phase: null, endedAt: Date.now(), checkpoints: saved, resumable: save })
    },
    'runs.resume': ({ runId }) => {
      const run = runOf(runId)
      train(run)
      return update(run, {
        status: 'preparing',
        phase: 'Reading the checkpoint',
        startedAt: Date.now(),
        endedAt: null,
        resumable: false,
      })
    },
    'runs.rename': ({ runId, name }) => update(runOf(runId), { name }),
    'runs.describe': ({ runId, tags, notes }) => update(runOf(runId), { tags, notes }),
    'runs.size': () => ({ bytes: 12_400_000 }),
    'runs.reorder': ({ runId, position }) => update(runOf(runId), { queuePosition: position }),
    'runs.preview': library.preview,
    'models.list': () => library.list('models'),
    'models.add': ({ path }) => library.add('models', path),
    'models.remove': ({ path }) => library.remove('models', path),
    'models.inspect': library.model,
    'data.list': () => library.list('data'),
    'data.add': ({ path }) => library.add('data', path),
    'data.remove': ({ path }) => library.remove('data', path),
    'data.inspect': library.data,
    'paths.suggest': () => ({ entries: [{ path: '/home/user/models/', folder: true }] }),
    // What lies below /small is on a disk that is nearly full.
    'paths.freeSpace': ({ path }) => ({
      folder: '/',
      freeBytes: path.startsWith('/small') ? 2_000_000 : 512_000_000_000,
    }),
    'merges.list': () => merges,
    'merges.start': (order) => {
      const proof = {
        prompts: 8,
        tokens: 512,
        maxAbsDifference: 7.2e-6,
        maxAbsLogit: 14.3,
        meanKl: 3e-9,
        topOneAgreement: 1,
      }
      const files = [
        { name: 'config.json', bytes: 1_204 },
        { name: 'model.safetensors', bytes: 24_190_112 },
      ]
      const report = { folder: order.folder, files, proof }
      const state = { status: 'finished', phase: null, progress: 1, report, error: null } as const
      const job: MergeJob = { id: randomUUID(), createdAt: Date.now(), ...order, ...state }
      merges.push(job)
      publish('merge.updated', job)
      return job
    },
    'exports.targets': () => [
      { kind: 'merged', bytes: 24_190_112, reason: null },
      { kind: 'adapter', bytes: 1_650_000, reason: null },
    ],
    ...desktopCallsRefused,
    'runs.delete': ({ runId }) => {
      runs.delete(runId)
      publish('run.deleted', { runId })
      return {}
    },
    'metrics.series': ({ runId, names, fromStep, toStep }) => {
      const series = new Map<string, Series>()
      for (const { name, module, step, value, wallMs } of runOf(runId).rows) {
        if (names.length > 0 && !names.includes(name)) continue
        if (step < (fromStep ?? 0) || step > (toStep ?? Number.POSITIVE_INFINITY)) continue
        const entry = series.get(`${name} ${module}`) ?? { name, module, points: [] }
        entry.points.push({ step, value, min: value, max: value, wallMs })
        series.set(`${name} ${module}`, entry)
      }
      return [...series.values()]
    },
    'exports.start': ({ runId, kind, folder }) => {
      const { detail } = runOf(runId)
      const base = { runId, kind, folder, step: detail.step, phase: 'Reading the checkpoint', createdAt: Date.now() }
      const job: ExportJob = { ...base, id: randomUUID(), status: 'running', progress: 0, report: null, error: null }
      exports.push(job)
      playExport(job, detail)
      return job
    },
    'exports.list': ({ runId }) => exports.filter((job) => job.runId === runId),
  }

  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname
    const file = join(rendererFolder, normalize(path === '/' ? '/index.html' : path))
    const body = await readFile(file).catch(() => null)
    if (body === null) return response.writeHead(404).end()
    response
      .writeHead(200, { 'content-type': MIME[extname(file)] ?? 'text/plain', 'content-security-policy': CSP })
      .end(body)
  })
  const sockets = new WebSocketServer({ server, path: SOCKET_PATH })
  sockets.on('connection', (socket) => {
    socket.on('message', async (data) => {
      const { id, call, input } = clientMessageSchema.parse(JSON.parse(String(data)))
      try {
        const output = await (handlers[call] as (input: unknown) => unknown)(input)
        socket.send(JSON.stringify({ id, ok: true, output }))
      } catch (error) {
        socket.send(JSON.stringify({ id, ok: false, error: toErrorData(error) }))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  const actual = typeof address === 'object' && address !== null ? address.port : port
  return {
    url: `http://127.0.0.1:${actual}/#token=${token}`,
    /** Adds runs as a previous visit would have left them. */
    seed(list: readonly (Partial<RunDetail> & { readonly config?: RunConfig })[]) {
      for (const change of list) {
        const detail = { ...newDetail(change.config ?? demoConfig()), ...change }
        const rows = Array.from({ length: detail.step }, (_, i) =>
          scriptedRows(i + 1, totalSteps, detail.createdAt + 160 * i),
        ).flat()
        runs.set(detail.id, { detail, rows, timer: null })
      }
    },
    /** What a run has reported; the rows may be changed before a page asks for them. */
    rowsOf: (id: string) => runOf(id).rows,
    /** Starts the demo run as a page would; its id. */
    startRun: async () => (await handlers['runs.start'](demoConfig())).id,
    /** Milliseconds a step from now on. */
    setPace(ms: number) {
      pace = ms
    },
    setChatPace: chats.setChatPace,
    unloadChats: chats.unloadChats,
    failChats: chats.failChats,
    dropConnections() {
      for (const socket of sockets.clients) socket.terminate()
    },
    async close() {
      for (const run of runs.values()) end(run)
      for (const socket of sockets.clients) socket.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type ScriptedHost = Awaited<ReturnType<typeof startScriptedHost>>
