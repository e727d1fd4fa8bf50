import { join } from 'node:path'
import { reasonOf, runCommand } from '../native/command.ts'

const LAYERS = ['shared', 'main/engine', 'main', 'renderer', 'test'] as const

type Step = { readonly name: string; readonly script: string; readonly args: readonly string[] }

/**
 * Lanes run beside each other, the steps of a lane one after another: the tests wait for processes and disks as long as they
 * compute, and the rest computes meanwhile.
 */
function lanes(root: string): readonly (readonly Step[])[] {
  const tool = (path: string): string => join(root, 'node_modules', path)
  const tests = {
    name: 'layers and unit tests',
    script: tool('vitest/vitest.mjs'),
    args: ['run', '--config', 'test/vitest.config.ts', 'test/layers.test.ts', 'test/unit'],
  }
  const rest = [
    { name: 'format and lint', script: tool('@biomejs/biome/bin/biome'), args: ['check', '--error-on-warnings'] },
    ...LAYERS.map((layer) => typesOf(layer, tool)),
    { name: 'unused files and exports', script: tool('knip/bin/knip.js'), args: ['--no-progress'] },
  ]
  return [[tests], rest]
}

/** Only what changed is checked again. More than one checker works out many types twice, which two cores do not hide. */
function typesOf(layer: string, tool: (path: string) => string): Step {
  const known = tool(`.cache/types/${layer.replace('/', '-')}.tsbuildinfo`)
  const args = ['--pretty', 'false', '-p', layer, '--checkers', '1', '--incremental', '--tsBuildInfoFile', known]
  return { name: `types of ${layer}`, script: tool('typescript/bin/tsc'), args }
}

/** Everything that is quick to check; runs all steps, prints what the failed ones said, and gives the exit code. */
export async function runChecks(root: string, env: NodeJS.ProcessEnv): Promise<number> {
  const passed = await Promise.all(lanes(root).map((lane) => runLane(lane, root, env)))
  return passed.every(Boolean) ? 0 : 1
}

async function runLane(lane: readonly Step[], root: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  let passed = true
  for (const step of lane) passed = (await runStep(step, root, env)) && passed
  return passed
}

async function runStep({ name, script, args }: Step, root: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  const started = performance.now()
  const result = await runCommand(process.execPath, [script, ...args], { cwd: root, env: { ...env, NO_COLOR: '1' } })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const ok = result.code === 0
  const said = ok ? [] : [result.output.trim() || reasonOf(result)]
  console.log([`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`, ...said].join('\n'))
  return ok
}
