import { join } from 'node:path'
import { reasonOf, runCommand } from '../native/command.ts'

const LAYERS = ['shared', 'main/engine', 'main', 'renderer', 'test'] as const

type Step = { readonly name: string; readonly script: string; readonly args: readonly string[] }

function steps(root: string): readonly Step[] {
  const tool = (path: string): string => join(root, 'node_modules', path)
  return [
    { name: 'format and lint', script: tool('@biomejs/biome/bin/biome'), args: ['check', '--error-on-warnings'] },
    ...LAYERS.map((layer) => ({
      name: `types of ${layer}`,
      script: tool('typescript/bin/tsc'),
      args: ['--pretty', 'false', '-p', layer],
    })),
    { name: 'unused files and exports', script: tool('knip/bin/knip.js'), args: ['--no-progress'] },
    {
      name: 'layers and unit tests',
      script: tool('vitest/vitest.mjs'),
      args: ['run', '--config', 'test/vitest.config.ts', 'test/layers.test.ts', 'test/unit'],
    },
  ]
}

/** Everything that is quick to check; runs all steps, prints what the failed ones said, and gives the exit code. */
export async function runChecks(root: string, env: NodeJS.ProcessEnv): Promise<number> {
  let failed = 0
  for (const { name, script, args } of steps(root)) {
    const started = performance.now()
    const result = await runCommand(process.execPath, [script, ...args], { cwd: root, env: { ...env, NO_COLOR: '1' } })
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`${result.code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
    if (result.code === 0) continue
    failed++
    console.log(result.output.trim() || reasonOf(result))
  }
  return failed === 0 ? 0 : 1
}
