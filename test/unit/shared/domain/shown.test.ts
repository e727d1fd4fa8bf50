import fc from 'fast-check'
import { expect, test } from 'vitest'
import { shown } from '../../../../shared/domain/shown.ts'

test('short values are shown as JSON, nothing as missing, long ones cut', () => {
  expect(shown({ a: 1 })).toBe('{"a":1}')
  expect(shown(undefined)).toBe('missing')
  expect(shown('x'.repeat(50), 10)).toBe('"xxxxxxxx…')
})

test('no value is too deep or too odd', () => {
  const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown
  expect(shown(deep)).toBe('a deeply nested list')
  expect(shown({ deep })).toBe('a deeply nested object')
  fc.assert(
    fc.property(
      fc.anything(),
      fc.integer({ min: 1, max: 200 }),
      (value, length) => shown(value, length).length <= length,
    ),
  )
})
