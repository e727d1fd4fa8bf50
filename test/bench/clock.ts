import type { Backend, Executable } from '../../main/engine/ir/executable.ts'

/** What the time of a run goes to; `other` is what no other names: data, metrics, the loop itself. */
export const PARTS = ['step', 'trajectory', 'evaluation', 'checkpoint', 'messages', 'other'] as const
export type Part = (typeof PARTS)[number]
export type Spent = { calls: number; wall: number; cpu: number }

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

const PART_OF: Readonly<Record<string, Part>> = {
  step: 'step',
  micro: 'step',
  apply: 'step',
  refresh: 'step',
  trajectory: 'trajectory',
  eval: 'evaluation',
}

/** Wall and processor seconds (all threads) of a run by what they went to, between `start` and `stop`. */
export function createClock() {
  const spent = Object.fromEntries(PARTS.map((part) => [part, { calls: 0, wall: 0, cpu: 0 }])) as Record<Part, Spent>
  let [wall, cpu] = [0, 0]
  let running = false
  /** Books all that passed since the last booking. */
  const book = (part: Part) => {
    const [nowWall, nowCpu] = [performance.now() / 1000, cpuSeconds()]
    if (running) {
      spent[part].wall += nowWall - wall
      spent[part].cpu += nowCpu - cpu
    }
    ;[wall, cpu] = [nowWall, nowCpu]
  }
  const count = (part: Part) => {
    if (running) spent[part].calls += 1
  }
  return {
    spent,
    book,
    count,
    isRunning: () => running,
    start: () => {
      book('other')
      running = true
    },
    stop: () => {
      book('other')
      running = false
    },
  }
}
export type Clock = ReturnType<typeof createClock>

/** A backend whose sessions book their time; reading variables out belongs to the checkpoint that asks for it. */
export function clocked(backend: Backend, clock: Clock): Backend {
  const watched = (executable: Executable): Executable => ({
    ...executable,
    run: async (signature, inputs) => {
      clock.book('other')
      const outputs = await executable.run(signature, inputs)
      const part = PART_OF[signature.split(':')[0] ?? ''] ?? 'other'
      clock.book(part)
      // A step is several calls; the one that follows it once is `refresh`, which full fine-tuning has none of.
      if (signature.startsWith('step:') || signature === 'apply' || part === 'trajectory') clock.count(part)
      return outputs
    },
    read: function* (names) {
      clock.book('other')
      yield* executable.read(names)
      clock.book('checkpoint')
    },
  })
  return { ...backend, compile: async (program) => watched(await backend.compile(program)) }
}
