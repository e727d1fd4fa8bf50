import { toErrorData } from '../../shared/domain/error.ts'
import type { RunConfig } from '../../shared/domain/run-config.ts'
import { type EngineReport, engineReportSchema, engineRequestSchema } from '../../shared/engine-protocol.ts'
import { portableBackend } from './backends/portable/backend.ts'
import { tensorflowBackend } from './backends/tensorflow/backend.ts'
import { exportRun, mergeAdapter } from './export/export.ts'
import { answerPrompts } from './generate/chat.ts'
import { createInbox } from './generate/inbox.ts'
import { inspect } from './inspect/inspect.ts'
import type { Backend } from './ir/executable.ts'
import { trainRun } from './train/run.ts'

/**
 * Entry of an engine process: one job, then exit. The first message is the job; `stop` may follow. Every report is
 * checked against the protocol before it leaves, so a slip here is found here.
 */
let stop: { checkpoint: boolean } | null = null
const inbox = createInbox()
let lastReport: Promise<unknown> = Promise.resolve()

const control = {
  report: (message: EngineReport) => {
    const checked = engineReportSchema.parse(message)
    lastReport = new Promise((resolve) => process.send?.(checked, resolve))
  },
  stopRequested: () => stop,
  breathe: () => new Promise<void>((resolve) => setImmediate(resolve)),
}

/** TensorFlow where it loads; else the portable backend, said plainly, unless TensorFlow was asked for. */
async function chooseBackend({ backend }: Pick<RunConfig, 'backend'>): Promise<Backend> {
  if (backend === 'portable') return portableBackend()
  try {
    return await tensorflowBackend()
  } catch (error) {
    if (backend === 'tensorflow') throw error
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
  if (request.type === 'generate' || request.type === 'cancel') {
    inbox.add(request)
    return
  }
  try {
    if (request.type === 'inspect') {
      control.report({ type: 'inspected', inspection: await inspect(request.question) })
      await lastReport
      process.disconnect?.()
      return
    }
    const backend = await chooseBackend('config' in request ? request.config : { backend: 'auto' })
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
