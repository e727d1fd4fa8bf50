import type { z } from 'zod'
import type { CallName, CallOutput, Calls } from '../../shared/contract.ts'
import { studioVersion } from './folders.ts'
import { formatRunConfig, parseRunConfig } from './services/config-text.ts'
import { readDemoConfig } from './services/demo-config.ts'
import { readDoctorReport } from './services/doctor-report.ts'
import type { ExportService } from './services/export-service.ts'
import type { RunService } from './services/run-service.ts'
import type { Store } from './store/store.ts'

/** One function a call, its input already checked. A call without a handler does not compile. */
export type Handlers = {
  readonly [K in CallName]: (input: z.output<Calls[K]['input']>) => CallOutput<K> | Promise<CallOutput<K>>
}

export type HandlerParts = {
  readonly store: Store
  readonly runs: RunService
  readonly exports: ExportService
  readonly dataFolder: string
  readonly doctorEntry: string
}

/** The host's answer to every call of the contract. */
export function createHandlers({ store, runs, exports, dataFolder, doctorEntry }: HandlerParts) {
  return {
    'app.info': () => ({ version: studioVersion(), dataFolder, platform: `${process.platform}-${process.arch}` }),
    'doctor.report': () => readDoctorReport(doctorEntry),
    'demo.config': () => readDemoConfig(),
    'config.parse': ({ yaml, folder }) => parseRunConfig(yaml, folder),
    'config.format': (config) => ({ yaml: formatRunConfig(config) }),
    'runs.list': () => runs.list(),
    'runs.get': ({ runId }) => runs.get(runId),
    'runs.start': (config) => runs.start(config),
    'runs.stop': ({ runId, checkpoint }) => runs.stop(runId, checkpoint),
    'runs.resume': ({ runId }) => runs.resume(runId),
    'runs.rename': ({ runId, name }) => runs.rename(runId, name),
    'runs.delete': async ({ runId }) => {
      await runs.remove(runId)
      return {}
    },
    'metrics.series': (query) => {
      runs.summary(query.runId)
      return store.metrics.series(query)
    },
    'exports.start': (order) => exports.start(order),
    'exports.list': ({ runId }) => {
      runs.summary(runId)
      return exports.list(runId)
    },
  } satisfies Handlers
}
