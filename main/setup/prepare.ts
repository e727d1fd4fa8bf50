// Second half of the set-up, run by a Node that strips types: native engine, build, and the command itself.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fault, toErrorData } from '../../shared/domain/error.ts'
import { ensureNative } from '../native/install.ts'
import { engineEnvironment } from '../native/state.ts'
import { ensureBuild } from './build.ts'
import { runChecks } from './check.ts'
import { runForeground, typescriptFlags } from './child.mjs'
import { electronAbsence, electronBinary, fetchElectron } from './electron.ts'
import { phase } from './phase.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '')
const inRoot = (path: string): string => join(root, path)

type Command = { readonly builds: boolean; run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> }

const node = (args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> =>
  runForeground(process.execPath, args, env)

/** The window where there is an Electron, else the browser front; which of the two and why is one line. */
async function start(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const rest = args.filter((arg) => arg !== '--browser')
  const asked = rest.length < args.length
  const electron = asked ? null : electronBinary(root, env)
  if (electron)
    return runForeground(electron, [inRoot('dist/desktop/main.cjs'), ...rest], { ...env, DORA_NODE: process.execPath })
  if (!asked) console.error(`window    ${electronAbsence(root, env)}; opening the studio in the browser`)
  return node([inRoot('dist/cli.mjs'), 'serve', '--open', ...rest], env)
}

/** electron-builder with what it packs built before: `npm run package -- --dir` makes the folder without an installer. */
function makePackage(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const builder = inRoot('node_modules/electron-builder/cli.js')
  const config = args.includes('--config') ? [] : ['--config', 'electron-builder.yml']
  return node([builder, 'build', ...config, ...args], env)
}

/** Programs of `bench NAME …`; without a name a training step is measured. */
const BENCHES: readonly string[] = [
  'all',
  'charts',
  'detached',
  'estimate',
  'growth',
  'history',
  'kills',
  'load',
  'precision',
  'soak',
  'stalls',
  'start',
]

function bench(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const named = BENCHES.find((name) => name === args[0])
  const rest = named ? args.slice(1) : args
  return node([...typescriptFlags(), inRoot(`test/bench/${named ?? 'run'}.ts`), ...rest], env)
}

const COMMANDS: Readonly<Record<string, Command>> = {
  setup: { builds: true, run: async () => 0 },
  start: { builds: true, run: start },
  package: { builds: true, run: makePackage },
  cli: { builds: true, run: (args, env) => node([inRoot('dist/cli.mjs'), ...args], env) },
  test: {
    builds: true,
    run: (args, env) =>
      node([inRoot('node_modules/vitest/vitest.mjs'), 'run', '--config', 'test/vitest.config.ts', ...args], env),
  },
  check: { builds: false, run: (_, env) => runChecks(root, env) },
  bench: { builds: false, run: bench },
}

/** Said on every start: neither the portable backend, nor an idle GPU, nor curable want of the kernels is settled for silently. */
async function prepareNative(retry: boolean): Promise<void> {
  const state = await phase('native', (update) => ensureNative(update, retry))
  if (state.kernels?.cure)
    console.error(`native    without the studio's own kernels, so steps take longer: ${state.kernels.note}`)
  const portable = state.backend === 'portable'
  if (!portable && !(state.machine.includes('nvidia') && state.notes.length > 0)) return
  const what = portable
    ? 'libtensorflow could not be had; the portable backend is used, which is many times slower:'
    : 'there is an NVIDIA driver, but the processor computes:'
  console.error(`native    ${what}`)
  for (const note of state.notes) console.error(`          - ${note}`)
  console.error('          "npm run setup" tries again, "npm run cli -- doctor" tells more.')
}

async function main([name = 'start', ...args]: readonly string[]): Promise<number> {
  const command = COMMANDS[name]
  if (!command)
    throw fault('refused', `"${name}" is no command of the set-up; there are: ${Object.keys(COMMANDS).join(', ')}`)
  process.chdir(root)
  // For this process alone: tests and engines would fill it.
  delete process.env.NODE_COMPILE_CACHE
  await prepareNative(name === 'setup')
  if (name === 'start' && !args.includes('--browser'))
    await phase('window', (update) => fetchElectron(root, process.env, update))
  if (name === 'setup') await phase('window', (update) => fetchElectron(root, process.env, update, true))
  if (command.builds) await phase('build', (update) => ensureBuild(root, update))
  return command.run(args, { ...process.env, ...(await engineEnvironment()) })
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (thrown: unknown) => {
    const { message, hint, details } = toErrorData(thrown)
    console.error([message, ...details, hint].filter(Boolean).join('\n'))
    process.exit(1)
  },
)
