import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { LEAN_HEAP } from '../../../main/native/lean-heap.ts'

/** Keeps the last 200,000 of a million objects, and prints how large the space for new ones has become. */
const SCRIPT = `
  const kept = []
  for (let i = 0; i < 1e6; i++) kept[i % 200000] = { i }
  const spaces = require('node:v8').getHeapSpaceStatistics()
  console.log(spaces.find(({ space_name: name }) => name === 'new_space').physical_space_size)
`
const newSpace = (flags: readonly string[]) =>
  Number(execFileSync(process.execPath, [...flags, '-e', SCRIPT], { encoding: 'utf8' }))

test('a process that computes keeps little room for new objects', () => {
  const lean = newSpace(LEAN_HEAP)
  expect(lean).toBeGreaterThan(0)
  expect(lean).toBeLessThan(20e6)
  expect(lean).toBeLessThan(newSpace([]))
})
