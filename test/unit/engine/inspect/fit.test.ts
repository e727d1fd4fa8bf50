import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inspectFit } from '../../../../main/engine/inspect/fit/fit.ts'
import type { FitFacts } from '../../../../main/engine/inspect/fit/proposal.ts'
import { PROPOSALS } from '../../../../main/engine/inspect/fit/proposals.ts'
import { inspectRun } from '../../../../main/engine/inspect/run.ts'
import { type Fit, fitChangesSchema, fitSchema, PROPOSAL_KINDS } from '../../../../shared/domain/fit.ts'
import { type RunConfig, runConfigSchema } from '../../../../shared/domain/run-config.ts'
import { wholeMemory } from '../../../../shared/domain/run-preview.ts'

const demo = resolve(import.meta.dirname, '../../../../resources/demo')
const FACTS: FitFacts = { lengths: [20, 30, ...Array<number>(298).fill(40)], maxPositions: 512, evaluates: true }
const LONG: FitFacts = { ...FACTS, lengths: [...Array<number>(299).fill(40), 400] }

const configOf = (fields: Partial<RunConfig> = {}): RunConfig =>
  runConfigSchema.parse({ model_name_or_path: join(demo, 'model'), train_file: 'rows', max_seq_length: 512, ...fields })
const stepsOf = (kind: (typeof PROPOSAL_KINDS)[number], config: RunConfig, facts: FitFacts = LONG) =>
  PROPOSALS.find((one) => one.kind === kind)?.steps(config, facts) ?? []

const effective = (config: RunConfig) => config.per_device_train_batch_size * config.gradient_accumulation_steps

describe('the list of proposals', () => {
  test('has every kind once, in the order that is shown', () => {
    expect(PROPOSALS.map(({ kind }) => kind)).toEqual(PROPOSAL_KINDS)
  })

  test.each(PROPOSALS)('$kind: every step is a valid change, and keeps the rows of a step', ({ steps }) => {
    const config = configOf({ per_device_train_batch_size: 12, gradient_accumulation_steps: 2, r: 64 })
    expect(steps(config, LONG).length).toBeGreaterThan(0)
    for (const changes of steps(config, LONG)) {
      expect(fitChangesSchema.safeParse(changes).success).toBe(true)
      const changed = runConfigSchema.parse({ ...config, ...changes })
      expect(changed).not.toEqual(config)
      expect(effective(changed)).toBe(effective(config))
    }
  })

  test.each(PROPOSALS)('$kind: what is taken to its end is not proposed again', ({ steps }) => {
    let config = configOf()
    let facts: FitFacts = LONG
    for (let last = steps(config, facts).at(-1); last; last = steps(config, facts).at(-1)) {
      config = { ...config, ...last } as RunConfig
      const { max_seq_length: limit } = config
      facts = { ...facts, lengths: facts.lengths.map((length) => Math.min(length, limit)) }
    }
    expect(steps(config, facts)).toEqual([])
  })

  test('the scale of an adapter stays what it was', () => {
    const scale = ({ lora_alpha: alpha, r, use_rslora: root }: RunConfig) => alpha / (root ? Math.sqrt(r) : r)
    for (const use_rslora of [false, true]) {
      const config = configOf({ r: 64, use_rslora })
      for (const changes of stepsOf('rank', config))
        expect(scale({ ...config, ...changes } as RunConfig)).toBeCloseTo(scale(config), 12)
    }
  })

  test('a length is proposed only where few samples are longer', () => {
    expect(stepsOf('length', configOf())).toEqual([{ max_seq_length: 40 }])
    expect(stepsOf('length', configOf(), FACTS)).toEqual([])
    // Packed rows are as wide as the limit.
    expect(stepsOf('length', configOf({ packing: true }), FACTS)).toEqual([
      { max_seq_length: 256 },
      { max_seq_length: 128 },
      { max_seq_length: 64 },
    ])
  })

  test('what a method or a task has no use for is not proposed', () => {
    expect(stepsOf('nf4', configOf({ method: 'full' }))).toEqual([])
    expect(stepsOf('rank', configOf({ method: 'prefix' }))).toEqual([])
    expect(stepsOf('rank', configOf({ r: 64, adapter_name_or_path: '/adapter' }))).toEqual([])
    expect(stepsOf('bfloat16', configOf({ bf16: true }))).toEqual([])
    expect(stepsOf('eval-batch', configOf(), { ...LONG, evaluates: false })).toEqual([])
    // In-batch negatives: a smaller batch is another loss.
    expect(stepsOf('batch', configOf({ task_type: 'FEATURE_EXTRACTION' }))).toEqual([])
  })
})

describe('a run that does not fit', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dora-fit-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  let config: RunConfig
  let needed = 0
  let least: Fit

  beforeAll(async () => {
    // Of nearly one length, so that there are few shapes of batches, each of which is a graph to build.
    const all = readFileSync(join(demo, 'kinds.validation.jsonl'), 'utf8').trim().split('\n')
    const lines = all.sort((a, b) => a.length - b.length).slice(0, 79)
    const long = JSON.stringify({ instruction: 'What?', input: 'a long row of words '.repeat(30), output: 'act' })
    const rows = join(folder, 'rows.jsonl')
    writeFileSync(rows, [...lines, long].join('\n'))
    config = configOf({
      train_file: rows,
      validation_file: rows,
      per_device_train_batch_size: 16,
      per_device_eval_batch_size: 128,
      r: 256,
    })
    const { plan } = await inspectRun(config)
    needed = plan ? wholeMemory(plan.memory) : 0
    // Nothing at all fits into a byte, so every proposal goes as far as it can.
    least = await inspectFit(config, 1)
  })

  test('is told with proposals of which each needs less, kept in order', () => {
    expect(fitSchema.parse(least)).toEqual(least)
    expect(least.needed).toBe(needed)
    const kinds = least.alone.map((one) => one.kinds[0])
    expect(kinds).toEqual(PROPOSAL_KINDS.filter((kind) => kinds.includes(kind)))
    expect(kinds).toEqual(expect.arrayContaining(['batch', 'length', 'rank']))
    for (const { memory, fits } of least.alone) {
      expect(wholeMemory(memory)).toBeLessThan(needed)
      expect(fits).toBe(false)
    }
  })

  test('is offered the smallest where all together are not enough, with the rows of a step as before', () => {
    const { together, alone } = least
    expect(together?.fits).toBe(false)
    const all = wholeMemory((together as NonNullable<typeof together>).memory)
    for (const { memory } of alone) expect(all).toBeLessThan(wholeMemory(memory))
    expect(effective({ ...config, ...together?.changes } as RunConfig)).toBe(effective(config))
    // A shorter length is not taken where the others leave it nothing to save.
    const cut = least.alone.find(({ kinds }) => kinds[0] === 'length')?.cutRows
    expect(cut).toBeGreaterThan(0)
    expect(together?.cutRows).toBe(together?.kinds.includes('length') ? cut : 0)
  })

  test('fits as it was told once a proposal is taken', async () => {
    const { alone } = least
    for (const { changes, memory } of alone) {
      const { plan } = await inspectRun({ ...config, ...changes } as RunConfig)
      const { available: _, ...parts } = plan?.memory ?? { available: 0 }
      expect(parts).toEqual(memory)
    }
  })

  test('says how many samples a shorter length cuts', async () => {
    const length = least.alone.find(({ kinds }) => kinds[0] === 'length')
    const at = length?.changes.max_seq_length
    const now = await inspectRun({ ...config, max_seq_length: at ?? 0 })
    expect(now.plan?.truncatedRows).toBe(length?.cutRows)
    // The long row of both files, and at most 2 % of the others.
    expect(length?.cutRows).toBeGreaterThanOrEqual(2)
    expect(length?.cutRows).toBeLessThanOrEqual(3)
  })

  test('is not changed more than it takes', async () => {
    const { alone, together } = await inspectFit(config, needed - 1e6)
    expect(together).toBeNull()
    const rank = alone.find(({ kinds }) => kinds[0] === 'rank')
    expect(rank).toMatchObject({ fits: true, changes: { r: 128 } })
  })
})
