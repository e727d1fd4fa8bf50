import { join } from 'node:path'
import { expect, test } from 'vitest'
import { previewRun } from '../../../../main/host/services/preview.ts'
import { openStore } from '../../../../main/host/store/store.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { makeConfig } from '../studio.ts'

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
}

function setUp(gflops: number | null) {
  const folder = temporaryFolder()
  const store = openStore(join(folder, 'studio.sqlite'))
  const inspector = { run: async () => ({ plan: PLAN, problems: [] }) } as unknown as Parameters<
    typeof previewRun
  >[0]['inspector']
  return { store, config: makeConfig(folder), parts: { store, inspector, machineSpeed: async () => gflops } }
}

test('without an earlier run the time is a rough one, by the speed of the machine', async () => {
  const { parts, config } = setUp(100)
  const { estimate } = await previewRun(parts, config)
  expect(estimate?.fromRun).toBeNull()
  // 4 operations a parameter and token at 60 % of 100 GFLOP/s.
  expect(estimate?.tokensPerSecond).toBeCloseTo(60e9 / 24e6)
  expect(estimate?.seconds).toBeCloseTo(20)
})

test('padding costs time without being a token', async () => {
  const { parts, config } = setUp(100)
  const padded = { ...parts, inspector: { run: async () => ({ plan: { ...PLAN, paddingShare: 0.5 }, problems: [] }) } }
  const { estimate } = await previewRun(padded as unknown as typeof parts, config)
  expect(estimate?.seconds).toBeCloseTo(40)
})

test('a machine whose speed is not known gives no time', async () => {
  const { parts, config } = setUp(null)
  expect((await previewRun(parts, config)).estimate).toBeNull()
})

test('an earlier run of the same model and method tells the speed', async () => {
  const { store, parts, config } = setUp(100)
  store.runs.insert({ id: 'a', config, versions: {}, createdAt: 1, owner: { pid: 1, start: '' } })
  store.runs.update('a', { status: 'finished', step: 9 })
  const row = (step: number, value: number) =>
    ({ name: 'tokens_per_second', module: '', step, value, wallMs: 1 }) as const
  store.metrics.append('a', [row(1, 10), row(2, 5000), row(3, 5000)])
  expect((await previewRun(parts, config)).estimate).toMatchObject({ tokensPerSecond: 5000, seconds: 10 })
})
