import { expect, test } from 'vitest'
import { csvParts, csvText } from '../../../../renderer/charts/csv.ts'
import { fileNameOf } from '../../../../renderer/charts/save-file.ts'
import type { MetricName, Series } from '../../../../shared/domain/metric.ts'

const series = (name: MetricName, module: string, ...values: readonly (readonly [number, number])[]): Series => ({
  name,
  module,
  points: values.map(([step, value]) => ({ step, value, min: value, max: value, wallMs: 1000 * step })),
})
const linesOf = (parts: readonly string[]) => parts.join('').trimEnd().split('\r\n')

test('metrics of a run share a row a step, in full precision, with empty cells where one has no value', () => {
  const exact = [series('train_loss', '', [1, 0.1 + 0.2], [2, 1e-20]), series('eval_loss', '', [2, 3])]
  expect(linesOf(csvParts([{ run: 'r', series: exact }], ['train_loss', 'eval_loss']))).toEqual([
    'step,time,train_loss,eval_loss',
    '1,1970-01-01T00:00:01.000Z,0.30000000000000004,',
    '2,1970-01-01T00:00:02.000Z,1e-20,3',
  ])
})

test('metrics of modules name the module', () => {
  const exact = [series('delta_m', 'layers.0.q', [5, 1]), series('delta_m', 'layers.1.q', [5, 2])]
  expect(linesOf(csvParts([{ run: 'r', series: exact }], ['delta_m']))).toEqual([
    'step,time,module,delta_m',
    '5,1970-01-01T00:00:05.000Z,layers.0.q,1',
    '5,1970-01-01T00:00:05.000Z,layers.1.q,2',
  ])
})

test('several runs are told apart in a column', () => {
  const source = (run: string) => ({ run, series: [series('grad_norm', '', [1, 2])] })
  expect(linesOf(csvParts([source('a, b'), source('c')], ['grad_norm']))).toEqual([
    'run,step,time,grad_norm',
    '"a, b",1,1970-01-01T00:00:01.000Z,2',
    'c,1,1970-01-01T00:00:01.000Z,2',
  ])
})

test('a name cannot break out of its cell or become a formula', () => {
  expect(csvText('say "hi"\nnow')).toBe('"say ""hi""\nnow"')
  expect(csvText('=1+1')).toBe("'=1+1")
})

test('a file name keeps letters of any script and nothing a file system minds', () => {
  expect(fileNameOf('Größe: a/b\\c?', 'loss', 'csv')).toMatch(/^[\p{L}\p{N}-]+-loss\.csv$/u)
  expect(fileNameOf('///', 'loss', 'png')).toBe('run-loss.png')
})
