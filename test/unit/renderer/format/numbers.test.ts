import { expect, test } from 'vitest'
import {
  fileName,
  formatCompact,
  formatCount,
  formatDuration,
  formatLoss,
  formatNumber,
  modelName,
} from '../../../../renderer/format/numbers.ts'

test('losses have four decimals', () => {
  expect([0.52341, 2, 123.456].map(formatLoss)).toEqual(['0.5234', '2.0000', '123.5'])
})

test('durations use the two largest units', () => {
  const seconds = [0.84, 9.96, 42, 59.7, 252, 3780, 187_200]
  expect(seconds.map((s) => formatDuration(1000 * s))).toEqual([
    '0.8 s',
    '10 s',
    '42 s',
    '1 min 00 s',
    '4 min 12 s',
    '1 h 03 min',
    '2 d 04 h',
  ])
  expect(formatDuration(-5)).toBe('0.0 s')
})

test('small and large numbers are written with an exponent', () => {
  expect([0, 0.002, 0.00012345, 1e-8, 123456, 0.5, -0.0004].map((value) => formatNumber(value))).toEqual([
    '0',
    '0.002',
    '1.23e-4',
    '1e-8',
    '1.23e5',
    '0.5',
    '-4e-4',
  ])
})

test('counts are readable', () => {
  expect(formatCount(6_046_976)).toBe('6,046,976')
  expect(formatCompact(8192)).toBe('8.19K')
})

test('paths of either kind of system are shortened to what says something', () => {
  expect(fileName('C:\\data\\kinds.train.jsonl')).toBe('kinds.train.jsonl')
  expect(modelName('/opt/demo/model')).toBe('demo/model')
  expect(modelName('/models/Qwen2-0.5B/')).toBe('Qwen2-0.5B')
})
