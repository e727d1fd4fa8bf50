import { expect, test } from 'vitest'
import { BYTES, COUNTS, GAINS, NUMBERS, SECONDS, SHARES } from '../../../../renderer/charts/figures.ts'
import { linearScale, logScale } from '../../../../renderer/charts/scale.ts'

test('the labels of an axis share their decimals, and zero stays bare', () => {
  expect(NUMBERS.ticks(linearScale(0, 0.002).ticks)).toEqual(['0', '0.0005', '0.0010', '0.0015', '0.0020'])
  expect(NUMBERS.ticks(linearScale(0, 7).ticks)).toEqual(['0', '2', '4', '6', '8'])
  expect(GAINS.ticks(linearScale(0.96, 1.01).ticks)).toEqual(['0.96', '0.98', '1.00', '1.02'])
})

test('what decimals would make too long, or no decimals can tell apart, is written one by one', () => {
  expect(NUMBERS.ticks(linearScale(0, 2e-5).ticks)).toEqual(['0', '5e-6', '1e-5', '1.5e-5', '2e-5'])
  expect(NUMBERS.ticks(linearScale(0, 4e6).ticks)).toEqual(['0', '1e6', '2e6', '3e6', '4e6'])
  expect(NUMBERS.ticks(logScale(0.01, 5).ticks)).toEqual(['0.01', '0.1', '1', '10'])
  expect(NUMBERS.ticks([])).toEqual([])
  expect(NUMBERS.ticks([3])).toEqual(['3'])
})

test('an axis has one unit, that of its largest label', () => {
  expect(BYTES.ticks(linearScale(0, 4e8).ticks)).toEqual(['0', '100 MB', '200 MB', '300 MB', '400 MB'])
  expect(BYTES.ticks(linearScale(0, 8.6e8).ticks)).toEqual(['0', '0.5 GB', '1.0 GB'])
  expect(SECONDS.ticks(linearScale(0, 3.1).ticks)).toEqual(['0', '1 s', '2 s', '3 s', '4 s'])
  expect(SECONDS.ticks(linearScale(0, 0.35).ticks)).toEqual(['0', '100 ms', '200 ms', '300 ms', '400 ms'])
  expect(SHARES.ticks([0, 0.5, 1])).toEqual(['0%', '50%', '100%'])
  expect(COUNTS.ticks([0, 2000, 4000])).toEqual(['0', '2K', '4K'])
})

test('a value alone keeps the digits it is read for', () => {
  expect([NUMBERS.text(0.012345), GAINS.text(1.000123), COUNTS.text(1885.4), COUNTS.text(2.5e6)]).toEqual([
    '0.0123',
    '1.0001',
    '1,885',
    '2.5M',
  ])
})
