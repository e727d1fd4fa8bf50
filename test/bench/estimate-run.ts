import { tensorflowBackend } from '../../main/engine/backends/tensorflow/backend.ts'
import { trainRun } from '../../main/engine/train/run.ts'
import { selfTest } from '../../main/native/self-test.ts'
import { runConfigSchema } from '../../shared/domain/run-config.ts'

/**
 * A run of a few steps in a process of its own: `estimate-run.ts CONFIG RUN_FOLDER`, which prints its peak memory, the
 * memory before anything of the run was there, and the tokens a second of the fastest step as one JSON line.
 */
const [, , text = '{}', runFolder = ''] = process.argv
const config = runConfigSchema.parse(JSON.parse(text))
const backend = await tensorflowBackend()
const idleBytes = process.memoryUsage.rss()
const speeds: number[] = []
await trainRun(
  backend,
  { config, runFolder, resumeFrom: null },
  {
    report: (message) => {
      if (message.type !== 'metrics') return
      for (const { name, value } of message.rows) if (name === 'tokens_per_second') speeds.push(value)
    },
    stopRequested: () => null,
    breathe: () => new Promise<void>((resolve) => setImmediate(resolve)),
  },
)
const peakBytes = process.resourceUsage().maxRSS * 1024
const { gflops } = await selfTest()
console.log(JSON.stringify({ peakBytes, idleBytes, tokensPerSecond: Math.max(...speeds.slice(1)), gflops }))
