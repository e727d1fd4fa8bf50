import { toErrorData } from '../../shared/domain/error.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import {
  type EngineReport,
  type EngineRequest,
  engineReportSchema,
  engineRequestSchema,
} from '../../shared/engine-protocol.ts'
import { ANY_DEVICE, type DeviceChoice, noGpu } from '../native/device.ts'
import { portableBackend } from './backends/portable/backend.ts'
import { tensorflowBackend } from './backends/tensorflow/backend.ts'
import { exportRun, mergeAdapter } from './export/export.ts'
import { answerPrompts } from './generate/chat.ts'
import { createInbox } from './generate/inbox.ts'
import { inspect } from './inspect/inspect.ts'
import type { Backend } from './ir/executable.ts'
import { createReceipts } from './train/receipts.ts'
import { trainRun } from './train/run.ts'

/**
 * Entry of an engine process: one job, then exit. The first message is the job; `stop` may follow. Every report is
 * checked against the protocol before it leaves, so a slip here is found here.
 */
let stop: { checkpoint: boolean } | null = null
const inbox = createInbox()
const stored = createReceipts()
let lastReport: Promise<unknown> = Promise.resolve()

const control = {
  report: (message: EngineReport) => {
    const checked = engineReportSchema.parse(message)
    lastReport = new Promise((resolve) => process.send?.(checked, resolve))
  },
  stopRequested: () => stop,
  stored: stored.of,
  breathe: () => new Promise<void>((resolve) => setImmediate(resolve)),
}

const ASKED_EVERY_MS = 250
let askedAt = Number.NEGATIVE_INFINITY
/** The first and the last, and a few each second between them; that a host is gone is noticed then, too. */
async function reportAsked(done: number, total: number): Promise<void> {
  const now = performance.now()
  if (done > 0 && done < total && now - askedAt < ASKED_EVERY_MS) return
  askedAt = now
  control.report({ type: 'asked', done, total })
  await control.breathe()
}

type Where = DeviceChoice & Pick<RunConfig, 'backend'>

/** A GPU is insisted on for training alone: what it made can be tried out and exported anywhere. */
function whereOf(request: EngineRequest): Where {
  if (!('config' in request)) return { backend: 'auto', ...ANY_DEVICE }
  const { backend, device, xla } = request.config
  return { backend, xla, device: device === 'gpu' && request.type !== 'train' ? 'auto' : device }
}

/** TensorFlow where it loads; else the portable backend, said plainly, unless TensorFlow or a GPU was asked for. */
async function chooseBackend({ backend, ...choice }: Where): Promise<Backend> {
  if (backend === 'portable' && choice.device === 'gpu') throw noGpu('the portable backend has no GPU')
  if (backend === 'portable') return portableBackend()
  try {
    return await tensorflowBackend(choice)
  } catch (error) {
    if (backend === 'tensorflow' || choice.device === 'gpu') throw error
    const phase = `TensorFlow is not available (${toErrorData(error).message}); using the slower portable backend`
    control.report({ type: 'phase', phase, progress: null })
    return portableBackend()
  }
}

async function work(message: unknown): Promise<void> {
  const request = engineRequestSchema.parse(message)
  if (request.type === 'stop') {
    stop = { checkpoint: request.checkpoint }
    inbox.close()
    return
  }
  if (request.type === 'stored') {
    stored.came(request.step)
    return
  }
  if (request.type === 'generate' || request.type === 'cancel') {
    inbox.add(request)
    return
  }
  try {
    if (request.type === 'inspect') {
      const inspection = await inspect(request.question, chooseBackend, reportAsked)
      control.report({ type: 'inspected', inspection })
      await lastReport
      process.disconnect?.()
      return
    }
    const backend = await chooseBackend(whereOf(request))
    if (request.type === 'chat') await answerPrompts(backend, request, control, inbox)
    else if (request.type === 'train') await trainRun(backend, request, control)
    else if (request.type === 'merge') await mergeAdapter(backend, request, control)
    else await exportRun(backend, request, control)
  } catch (error) {
    if (process.env.DORA_DEBUG) console.error(error)
    control.report({ type: 'failed', error: toErrorData(error) })
  }
  await lastReport
  process.disconnect?.()
}

process.on('message', (message) => {
  work(message).catch((error) => {
    console.error(error)
    process.exit(1)
  })
})
// A host that is gone cannot be reported to; its restart marks the run interrupted.
process.on('disconnect', () => process.exit(0))
