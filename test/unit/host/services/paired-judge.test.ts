import { expect, test } from 'vitest'
import { judge } from '../../../../main/host/services/paired/judge.ts'
import type { Located } from '../../../../main/host/services/paired/sides.ts'
import type { Scores } from '../../../../shared/domain/paired.ts'
import { type RunConfigInput, runConfigSchema } from '../../../../shared/domain/run-config.ts'
import { faultOf } from '../studio.ts'

const side = (fields: Partial<RunConfigInput> = {}): Located => ({
  runId: 'r',
  name: 'run',
  config: runConfigSchema.parse({ model_name_or_path: '/m', train_file: '/d', ...fields }),
  checkpoint: null,
})
const scores = (fields: Partial<Scores> = {}): Scores => ({
  loss: [1, 2, 3, 4, 5.5],
  accuracy: [1, 0, 1, 0, 1],
  reciprocalRank: null,
  labels: [1, 1, 1, 1, 1],
  rows: 5,
  lacksHead: false,
  ...fields,
})

test('embeddings are told apart by loss, by how many partners are found first, and by their places', () => {
  const [a, b] = [
    scores({ accuracy: [0, 0, 0, 0, 1], reciprocalRank: [0.5, 0.5, 0.25, 0.2, 1] }),
    scores({ loss: [0.5, 1, 2, 2, 3], accuracy: [1, 1, 0, 0, 1], reciprocalRank: [1, 1, 0.5, 0.5, 1] }),
  ]
  const judged = judge([side(), side()], [a, b], '/d')
  expect(judged).toMatchObject({ examples: 5, rows: 5, lossNote: null })
  expect(judged.loss?.difference).toBeCloseTo(-1.4, 12)
  expect(judged.accuracy).toMatchObject({ a: 0.2, b: 0.6 })
  expect(judged.reciprocalRank?.a).toBeCloseTo(0.49, 12)
  expect(judged.reciprocalRank?.difference).toBeCloseTo(0.31, 12)
})

test('where a mean would be of different things for the two, their losses are not compared, and why is told', () => {
  const other = judge([side(), side()], [scores(), scores({ labels: [1, 1, 2, 1, 1] })], '/d')
  expect(other).toMatchObject({ loss: null, lossNote: expect.stringContaining('labels are not the same') })
  const scales = [side({ similarity_scale: 20 }), side({ similarity_scale: 30 })] as const
  const ranked = scores({ reciprocalRank: [1, 1, 1, 1, 1] })
  const scaled = judge(scales, [ranked, ranked], '/d')
  expect(scaled).toMatchObject({ loss: null, lossNote: expect.stringContaining('similarity_scale is not the same') })
  expect(scaled.reciprocalRank).toMatchObject({ difference: 0, p: 1 })
  // To a language model the setting is nothing.
  expect(judge(scales, [scores(), scores()], '/d').lossNote).toBeNull()
})

test('answers to other examples are refused with both counts', async () => {
  const fewer = scores({ rows: 4 })
  const { message, hint } = await faultOf(() => judge([side(), side()], [scores(), fewer], '/d.jsonl'))
  expect(message).toBe('Of /d.jsonl one model has 5 examples and the other 4.')
  expect(hint).toContain('max_seq_length')
})
