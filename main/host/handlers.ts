import { totalmem } from 'node:os'
import type { z } from 'zod'
import type { CallName, CallOutput, Calls } from '../../shared/contract.ts'
import type { HistoryRepair } from '../../shared/domain/history.ts'
import { ACTIVE_STATUSES } from '../../shared/domain/run.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import { studioVersion } from './folders.ts'
import { formatRunConfig, parseRunConfig } from './services/config-text.ts'
import { readDemoConfig } from './services/demo-config.ts'
import { desktopCallsRefused } from './services/desktop-calls.ts'
import { readDoctorReport } from './services/doctor-report.ts'
import { fitRun } from './services/fit.ts'
import { freeSpace } from './services/free-space.ts'
import type { HostContext } from './services/host-context.ts'
import type { Services } from './services/index.ts'
import { createMachineSpeed } from './services/machine-speed.ts'
import { previewRun } from './services/preview.ts'
import { suggestPaths } from './services/suggest-paths.ts'

/** One function a call, its input already checked. A call without a handler does not compile. */
export type Handlers = {
  readonly [K in CallName]: (input: z.output<Calls[K]['input']>) => CallOutput<K> | Promise<CallOutput<K>>
}

type HandlerParts = Omit<Services, 'close'> & {
  readonly context: HostContext
  /** What a repair at this start brought over. */
  readonly repaired: HistoryRepair | null
  readonly dataFolder: string
  readonly doctorEntry: string
}

/** The host's answer to every call of the contract. */
export function createHandlers(parts: HandlerParts) {
  const { store, bus, settings } = parts.context
  const { runs, exports, merges, chats, inspector, library, bundles, history, repaired } = parts
  const { hub, downloads, rank, paired, dataFolder, doctorEntry } = parts
  /** A base model under its name on the hub is the folder where it lies; where it does not, the checks say so. */
  const located = (config: RunConfig): RunConfig => ({
    ...config,
    model_name_or_path: hub.modelFolder(config.model_name_or_path, config.model_revision) ?? config.model_name_or_path,
  })
  const remember = (config: RunConfig): void => {
    library.remember('models', config.model_name_or_path)
    library.remember('data', config.train_file)
  }
  const machineSpeed = createMachineSpeed(inspector, () =>
    runs.list().some(({ status }) => ACTIVE_STATUSES.includes(status)),
  )
  // Before the first run nothing else knows what would compute.
  let checkedDevice: string | null = null
  return {
    'app.info': () => ({
      version: studioVersion(),
      dataFolder,
      platform: `${process.platform}-${process.arch}`,
      repaired,
    }),
    'app.status': () => ({
      device: store.runs.lastDevice() ?? checkedDevice,
      memory: { total: totalmem(), available: process.availableMemory() },
    }),
    'doctor.report': async () => {
      const report = await readDoctorReport(doctorEntry)
      checkedDevice = report.device
      return report
    },
    'history.check': () => history.check(),
    'history.repair': () => history.repair(),
    'demo.config': () => readDemoConfig(),
    'config.parse': ({ yaml, folder }) => located(parseRunConfig(yaml, folder)),
    'config.format': (config) => ({ yaml: formatRunConfig(config) }),
    'settings.get': () => settings.read(),
    'settings.set': (wanted) => {
      const payload = settings.write(wanted)
      bus.emit({ event: 'settings.changed', payload })
      return payload
    },
    'runs.list': () => runs.list(),
    'runs.get': ({ runId }) => runs.get(runId),
    'runs.start': async (given) => {
      const config = located(given)
      const run = await runs.start(config)
      remember(config)
      return run
    },
    'runs.startTwins': async ({ config: given, methods }) => {
      const config = located(given)
      const started = await runs.startTwins(config, methods)
      remember(config)
      return started
    },
    'runs.stop': ({ runId, checkpoint }) => runs.stop(runId, checkpoint),
    'runs.resume': ({ runId }) => runs.resume(runId),
    'runs.rename': ({ runId, name }) => runs.rename(runId, name),
    'runs.describe': ({ runId, tags, notes }) => runs.describe(runId, tags, notes),
    'runs.size': ({ runId }) => runs.size(runId),
    'runs.reorder': ({ runId, position }) => runs.reorder(runId, position),
    'runs.preview': (config) => previewRun({ store, inspector, machineSpeed }, located(config)),
    'runs.fit': ({ config, limit }) => fitRun({ store, inspector, machineSpeed }, located(config), limit),
    'runs.rank': ({ runId, step }) => rank(runId, step),
    'paired.start': (order) => paired.start(order),
    'paired.list': () => paired.list(),
    'paired.cancel': ({ id }) => paired.cancel(id),
    'models.list': () => library.list('models'),
    'models.add': ({ path }) => library.add('models', path),
    'models.remove': ({ path }) => library.remove('models', path),
    'models.inspect': ({ folder, revision }) => inspector.model(hub.located(folder, revision)),
    'data.list': () => library.list('data'),
    'data.add': ({ path }) => library.add('data', path),
    'data.remove': ({ path }) => library.remove('data', path),
    'data.inspect': (question) => inspector.data(question),
    'paths.suggest': ({ text, files }) => suggestPaths(text, files),
    'hub.look': (question) => hub.look(question),
    'hub.folder': ({ repo, revision }) => ({ folder: hub.modelFolder(repo, revision) }),
    'hub.token': () => hub.tokenStatus(),
    'hub.giveToken': ({ token, source, note }) => hub.giveToken(token, source, note),
    'downloads.list': () => downloads.list(),
    'downloads.start': (order) => downloads.start(order),
    'downloads.pause': ({ id }) => downloads.pause(id),
    'downloads.resume': ({ id }) => downloads.resume(id),
    'downloads.remove': async ({ id }) => {
      await downloads.remove(id)
      return {}
    },
    'downloads.takeUp': () => {
      downloads.takeUp()
      return {}
    },
    'paths.freeSpace': ({ path }) => freeSpace(path),
    'runs.delete': async ({ runId }) => {
      await runs.remove(runId)
      return {}
    },
    'bundles.save': ({ runId, file }) => bundles.save(runId, file),
    'bundles.import': ({ file }) => bundles.take(file),
    'bundles.reproduce': ({ runId }) => bundles.reproduce(runId),
    'bundles.compare': ({ runId, with: other }) => bundles.compare(runId, other),
    'metrics.series': (query) => {
      runs.summary(query.runId)
      return store.metrics.seriesInTurns(query)
    },
    'merges.start': (order) => merges.start(order),
    'merges.list': () => merges.list(),
    'exports.start': (order) => exports.start(order),
    'exports.targets': ({ runId }) => exports.targets(runId),
    'exports.list': ({ runId }) => {
      runs.summary(runId)
      return exports.list(runId)
    },
    'chat.open': ({ models, kept }) => chats.open(models, kept),
    'chat.list': () => chats.list(),
    'chat.load': ({ chatId }) => chats.load(chatId),
    'chat.send': ({ chatId, text, frame, options }) => chats.send(chatId, text, frame, options),
    'chat.regenerate': ({ chatId, frame, options }) => chats.regenerate(chatId, frame, options),
    'chat.cancel': ({ chatId }) => chats.cancel(chatId),
    'chat.clear': ({ chatId }) => chats.clear(chatId),
    'chat.close': ({ chatId }) => chats.forget(chatId),
    ...desktopCallsRefused,
  } satisfies Handlers
}
