import { join } from 'node:path'
import { expect, test } from 'vitest'
import { previewRun } from '../../../../main/host/services/preview.ts'
import { openStore } from '../../../../main/host/store/store.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { makeConfig } from '../studio.ts'

const SPEED = { products: 1e11, bfloat16Products: 2e11, stacks: 5e10, bytes: 1e10 }
const NO_WORK = { products: 0, bfloat16Products: 0, stacks: 0, bytes: 0, nodes: 0 }
const PLAN = {
  totalParameters: 6e6,
  trainableParameters: 0,
  steps: 10,
  stepsPerEpoch: 10,
  epochs: 1,
  tokens: 50_000,
  trainRows: 1,
  validationRows: 0,
  testRows: 0,
  truncatedRows: 0,
  droppedRows: 0,
  paddingShare: 0,
  memory: { weights: 1, adapter: 1, optimizer: 1, activations: 1, engine: 1, available: 9 },
  work: { training: { ...NO_WORK, products: 2e12 }, besides: { ...NO_WORK, products: 2e11 } },
}

function setUp(speed: typeof SPEED | null, work = PLAN.work) {
  const folder = temporaryFolder()
  const store = openStore(join(folder, 'studio.sqlite'))
  const inspector = { run: async () => ({ plan: { ...PLAN, work }, problems: [] }) }
  return { store, config: makeConfig(folder), parts: { store, inspector, machineSpeed: async () => speed } }
}

/** Seconds of a preview by the speed of the machine, with no run before. */
async function secondsOf(training: Partial<typeof NO_WORK>, speed = SPEED): Promise<number> {
  const { parts, config } = setUp(speed, { training: { ...NO_WORK, ...training }, besides: NO_WORK })
  const { estimate } = await previewRun(parts, config)
  return (estimate?.seconds ?? 0) - START
}
/** Of a run in which nothing is computed. */
const START = 4

test('without an earlier run the time is that of the work at the speed of the machine, with start and evaluations', async () => {
  const { parts, config } = setUp(SPEED)
  const { estimate } = await previewRun(parts, config)
  expect(estimate?.fromRun).toBeNull()
  // 2 TFLOP at 84 % of 100 GFLOP/s.
  expect(estimate?.tokensPerSecond).toBeCloseTo(50_000 / (20 / 0.84), 3)
  expect(estimate?.seconds).toBeCloseTo(START + 22 / 0.84, 3)
})

test('every kind of work takes its own time, and a machine twice as fast takes half of it', async () => {
  const kinds = Object.keys(SPEED) as (keyof typeof SPEED)[]
  for (const kind of kinds) {
    const seconds = await secondsOf({ [kind]: 1e13 })
    expect(seconds).toBeGreaterThan(0.9 * (1e13 / SPEED[kind]))
    expect(await secondsOf({ [kind]: 1e13 }, { ...SPEED, [kind]: 2 * SPEED[kind] })).toBeCloseTo(seconds / 2, 3)
  }
  expect(await secondsOf({ nodes: 1e6 })).toBeGreaterThan(1)
})

test('a machine whose speed is not known gives no time', async () => {
  const { parts, config } = setUp(null)
  expect((await previewRun(parts, config)).estimate).toBeNull()
})

const row = (step: number, value: number) =>
  ({ name: 'tokens_per_second', module: '', step, value, wallMs: 1 }) as const

test('an earlier run with such steps tells the speed, and how fast the machine is with the rest', async () => {
  const { store, parts, config } = setUp(SPEED)
  store.runs.insert({ id: 'a', config, versions: {}, createdAt: 1, owner: { pid: 1, start: '' } })
  store.runs.update('a', { status: 'finished', step: 9 })
  store.metrics.append('a', [row(1, 10), row(2, 5000), row(3, 5000)])
  const { estimate } = await previewRun(parts, config)
  // Ten seconds of training, and evaluations with a tenth of its work.
  expect(estimate).toMatchObject({ tokensPerSecond: 5000, seconds: expect.closeTo(START + 11, 3), fromRun: 'test' })
  const unmeasured = { ...parts, machineSpeed: async () => null }
  expect((await previewRun(unmeasured, config)).estimate?.seconds).toBeCloseTo(START + 11, 3)
})

test.each([
  { gradient_checkpointing: true },
  { quantization: 'nf4' },
  { r: 64 },
  { target_modules: ['q_proj'] },
  { bf16: true },
] as const)('a run that differed in %j tells nothing', async (other) => {
  const { store, parts, config } = setUp(SPEED)
  store.runs.insert({ id: 'a', config, versions: {}, createdAt: 1, owner: { pid: 1, start: '' } })
  store.runs.update('a', { status: 'finished', step: 9 })
  store.metrics.append('a', [row(2, 5000)])
  const changed = { ...config, ...other } as typeof config
  expect((await previewRun(parts, changed)).estimate?.fromRun).toBeNull()
})
