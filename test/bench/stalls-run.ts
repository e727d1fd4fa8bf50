import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { trainRun } from '../../main/engine/train/run.ts'
import { runConfigSchema } from '../../shared/domain/run-config.ts'
import { engineReportSchema } from '../../shared/engine-protocol.ts'
import { clocked, createClock } from './clock.ts'

/**
 * Stands in for the engine's process.ts: the product's loop, whose reports are checked and sent to the parent as there,
 * with a clock on the session and on what is sent. `stalls-run.ts CONFIG RUN_FOLDER`; sends the seconds as `spent`.
 */
const [, , text = '{}', runFolder = ''] = process.argv
const config = runConfigSchema.parse(JSON.parse(text))
const clock = createClock()
const backend = clocked(await tensorflowBackend(), clock)
await trainRun(
  backend,
  { config, runFolder, resumeFrom: null },
  {
    report: (message) => {
      // All since the first variable was read is the checkpoint's: writing, syncing, removing older ones.
      clock.book(message.type === 'checkpoint' ? 'checkpoint' : 'other')
      if (message.type === 'checkpoint') clock.count('checkpoint')
      if (message.type === 'finished') clock.stop()
      process.send?.(engineReportSchema.parse(message))
      clock.book('messages')
      clock.count('messages')
      // The first step of a session is slower than all others: counted from the second on.
      if (message.type === 'metrics' && !clock.isRunning()) clock.start()
    },
    stopRequested: () => null,
    breathe: () => new Promise<void>((resolve) => setImmediate(resolve)),
  },
)
await new Promise((resolve) => process.send?.({ type: 'spent', spent: clock.spent }, resolve))
process.disconnect?.()
