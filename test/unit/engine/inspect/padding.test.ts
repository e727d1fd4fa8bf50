import { expect, test } from 'vitest'
import type { Sample } from '../../../../main/engine/data/samples.ts'
import { paddingOf } from '../../../../main/engine/inspect/padding.ts'

/** So many rows of which the model reads so many tokens: the last one is only predicted. */
const rows = (count: number, length: number): Sample[] =>
  Array.from({ length: count }, () => ({ ids: new Int32Array(length + 1).fill(1), promptLength: 0 }))

test('rows of two lengths: none is padded in batches of like lengths, a quarter is if all are as the longest', () => {
  // Sixteen rows of each: two whole batches a length; 32 x 64 positions hold 16 x (32 + 64) tokens.
  expect(paddingOf([...rows(16, 32), ...rows(16, 64)], 64)).toEqual({ longest: 0.25, buckets: 0, packed: 0 })
})

test('rows that fill no batch are padded whole, and packing leaves them fewer', () => {
  const padding = paddingOf(rows(9, 32), 64)
  // Batches of 8: the second has one row in eight.
  expect(padding?.buckets).toBeCloseTo(7 / 16)
  // Five rows of 64 hold 9 x 32 tokens, in a batch of 5.
  expect(padding?.packed).toBeCloseTo(1 - (9 * 32) / (5 * 64))
})

test('where nothing is trained there is no padding to tell', () => {
  expect(paddingOf([], 64)).toBeNull()
  expect(paddingOf([{ ids: new Int32Array(8), promptLength: 8 }], 64)).toBeNull()
})
