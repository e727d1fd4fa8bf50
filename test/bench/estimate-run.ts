import { availableParallelism } from 'node:os'
import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { measureSpeed } from '../../main/engine/inspect/speed.ts'
import { trainRun } from '../../main/engine/train/run.ts'
import { runConfigSchema } from '../../shared/domain/run-config.ts'

/**
 * A run of a few steps in a process of its own: `estimate-run.ts CONFIG RUN_FOLDER`, which prints as one JSON line its
 * peak memory in bytes, processor seconds until the first step was done, seconds and tokens of the fastest step after it,
 * and the speed of the machine. Times are of the processor, shared out over all cores: what other programs on a busy machine
 * change least.
 */
const [, , text = '{}', runFolder = ''] = process.argv
const config = runConfigSchema.parse(JSON.parse(text))
const cores = availableParallelism()
const clock = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6 / cores
}
const backend = await tensorflowBackend()
const marks: { at: number; tokens: number }[] = []
await trainRun(
  backend,
  { config, runFolder, resumeFrom: null },
  {
    report: (message) => {
      if (message.type !== 'metrics') return
      for (const { name, value } of message.rows) if (name === 'tokens') marks.push({ at: clock(), tokens: value })
    },
    stopRequested: () => null,
    breathe: () => new Promise<void>((resolve) => setImmediate(resolve)),
  },
)
const peakBytes = process.resourceUsage().maxRSS * 1024
const steps = marks.slice(1).map(({ at, tokens }, i) => {
  const before = marks[i] as { at: number; tokens: number }
  return { seconds: at - before.at, tokens: tokens - before.tokens }
})
const best = steps.reduce((a, b) => (b.seconds / b.tokens < a.seconds / a.tokens ? b : a))
const speed = await measureSpeed(backend, clock)
console.log(JSON.stringify({ peakBytes, firstSeconds: (marks[0]?.at ?? 0) * cores, ...best, speed }))
