import { expect, test } from 'vitest'
import { placeLabels } from '../../../../renderer/charts/plot-axes.tsx'
import { pathOf, rowsOf } from '../../../../renderer/charts/plot-line.ts'

const style = { label: '', colour: '' }
const reading = (step: number, value: number) => ({ step, value })
const same = (value: number) => value

test('lines with values at different steps share the rows of the tooltip in order, without faint ones', () => {
  const lines = [
    { ...style, key: 'raw', points: [reading(0, 9)], faint: true },
    { ...style, key: 'a', points: [reading(1, 10), reading(3, 30)] },
    { ...style, key: 'b', points: [reading(2, 20), reading(3, 31)] },
  ]
  expect(rowsOf(lines, { toX: (step) => 10 * step })).toEqual([
    { x: 10, step: 1, values: new Map([['a', 10]]) },
    { x: 20, step: 2, values: new Map([['b', 20]]) },
    {
      x: 30,
      step: 3,
      values: new Map([
        ['a', 30],
        ['b', 31],
      ]),
    },
  ])
})

test('a path goes through every reading, both ends of an envelope at one step included', () => {
  const points = [reading(0, 1), reading(4, 1), reading(4, 9), reading(5, 2.26)]
  expect(pathOf(points, (step) => 10 * step, same)).toBe('M0 1L40 1L40 9L50 2.3')
})

test('a reading without a place on the scale is passed over', () => {
  const points = [reading(0, Number.NaN), reading(1, 2), reading(2, 0), reading(3, 4)]
  expect(pathOf(points, same, (value) => (value === 0 ? undefined : value))).toBe('M1 2L3 4')
})

test('outer labels stay inside, and one that would run into the next is left out', () => {
  const label = (text: string, x: number) => ({ tick: x, text, x })
  const placed = placeLabels([label('1,000', 0), label('1,200', 30), label('1,400', 100), label('1,600', 200)], 0, 200)
  expect(placed.map(({ text }) => text)).toEqual(['1,200', '1,400', '1,600'])
  expect(placed.at(-1)?.x).toBeCloseTo(200 - 2.5 * 6.2)
  expect(placeLabels([label('0', 0)], 10, 200)[0]?.x).toBeCloseTo(10 + 6.2 / 2)
})
