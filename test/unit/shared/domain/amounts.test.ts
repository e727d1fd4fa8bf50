import { expect, test } from 'vitest'
import { formatBytes, formatPercent } from '../../../../shared/domain/amounts.ts'

test('bytes have a unit that fits and at most three digits', () => {
  expect([0, 812, 1000, 24_190_112, 999_600, 5e15].map(formatBytes)).toEqual([
    '0 B',
    '812 B',
    '1 kB',
    '24.2 MB',
    '1 MB',
    '5000 TB',
  ])
})

test('shares are per cent with one decimal', () => {
  expect([0, 0.7314, 1].map(formatPercent)).toEqual(['0.0%', '73.1%', '100.0%'])
})
