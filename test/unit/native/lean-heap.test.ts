import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { LEAN_HEAP } from '../../../main/native/lean-heap.ts'

/** Keeps the last 200,000 of three million objects, and prints how large the space for new ones has become. */
const SCRIPT = `
  const kept = []
  for (let i = 0; i < 3e6; i++) kept[i % 200000] = { i }
  const spaces = require('node:v8').getHeapSpaceStatistics()
  console.log(spaces.find(({ space_name: name }) => name === 'new_space').physical_space_size)
`
const newSpace = (flags: readonly string[]) =>
  Number(execFileSync(process.execPath, [...flags, '-e', SCRIPT], { encoding: 'utf8' }))

test('a process that computes keeps little room for new objects', () => {
  expect(newSpace(LEAN_HEAP)).toBeGreaterThan(0)
  expect(newSpace(LEAN_HEAP)).toBeLessThan(20e6)
  expect(newSpace(LEAN_HEAP)).toBeLessThan(newSpace([]))
})
