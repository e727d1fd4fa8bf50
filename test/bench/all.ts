import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { GROUPS, measureGroup } from './matrix.ts'
import { MACHINE } from './report.ts'
import { readRows, stepTable } from './step-results.ts'

/**
 * `npm run bench -- all [--missing] [--no-peft] [--rounds N] [--steps N]`: every table about speed and memory, about 35
 * minutes on two quiet cores. Stopped, it goes on with --missing, which leaves alone the steps that this engine was
 * measured at on this machine; --rounds and --steps put one number in the place of each group's own.
 */
/** Programs of their own behind the steps; each keeps its own table. */
const TABLES = ['detached', 'growth', 'load', 'stalls', 'estimate'] as const

const began = performance.now()
const minutes = () => `${((performance.now() - began) / 60_000).toFixed(0)} min`
// What a group measured with PEFT is not measured again without: `detached` and `growth` draw from the same rows.
const { detached, growth, ...withPeft } = GROUPS
for (const [name, group] of Object.entries(withPeft)) {
  console.log(`\n${name} (${group.cases.length} cases, after ${minutes()})`)
  measureGroup(group)
}
for (const [name, group] of Object.entries({ detached, growth })) {
  console.log(`\n${name} (after ${minutes()})`)
  measureGroup(group, { missing: true })
}
for (const name of TABLES) {
  console.log(`\n${name} (after ${minutes()})`)
  const { status } = spawnSync(process.execPath, [...process.execArgv, join(import.meta.dirname, `${name}.ts`)], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exitCode = 1
}
console.log(`\n${stepTable(readRows().filter(({ machine }) => machine === MACHINE))}\n\n${MACHINE}, ${minutes()}.`)
