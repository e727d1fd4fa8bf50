import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runForeground } from '../../../main/setup/child.mjs'

test('the exit code of a program is passed on', async () => {
  expect(await runForeground(process.execPath, ['-e', 'process.exit(7)'])).toBe(7)
})

test('a request to end reaches the program, whose own answer is the exit code', async () => {
  const module = fileURLToPath(new URL('../../../main/setup/child.mjs', import.meta.url))
  const inner = 'process.on("SIGTERM", () => process.exit(5)); setInterval(() => {}, 1000); console.log("up")'
  const outer = `import { runForeground } from ${JSON.stringify(module)}
    process.exit(await runForeground(process.execPath, ['-e', ${JSON.stringify(inner)}]))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', outer], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([5, null])
})
