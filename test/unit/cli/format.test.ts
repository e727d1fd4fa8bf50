import { expect, test } from 'vitest'
import { durationText, numberText, shareText, tableText } from '../../../main/cli/format.ts'

test('durations are clock-like and never negative', () => {
  expect([-1, 0, 61, 3723].map(durationText)).toEqual(['0:00', '0:00', '1:01', '1:02:03'])
})

test('figures that are not there are a dash', () => {
  expect([numberText(null), shareText(null)]).toEqual(['-', '-'])
  expect([numberText(0.000123456), shareText(0.7312)]).toEqual(['0.0001235', '73.1%'])
})

test('columns line up and lines have no blanks at the end', () => {
  expect(
    tableText([
      ['a', 'long head'],
      ['longer', 'b'],
    ]),
  ).toBe('a       long head\nlonger  b')
})
