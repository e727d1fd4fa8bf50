import { join } from 'node:path'
import type { Progress } from '../native/progress.ts'
import { hashSources, whenChanged } from './sources.ts'

/** Bundles of the processes; the packages stay outside, in node_modules. */
const ENTRIES = {
  cli: 'main/cli/main.ts',
  host: 'main/host/process.ts',
  engine: 'main/engine/process.ts',
  doctor: 'main/native/doctor-process.ts',
} as const

async function buildProcesses(root: string): Promise<void> {
  const { build } = await import('esbuild')
  await build({
    absWorkingDir: root,
    entryPoints: Object.entries(ENTRIES).map(([out, entry]) => ({ in: entry, out })),
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    packages: 'external',
    sourcemap: true,
    // What went wrong is in the error it throws.
    logLevel: 'silent',
  })
}

async function buildRenderer(root: string): Promise<void> {
  const { build } = await import('vite')
  await build({ configFile: join(root, 'renderer/vite.config.ts'), logLevel: 'warn' })
}

/** Builds into `dist/` what changed since the last build: the processes (esbuild) and the page (vite). */
export async function ensureBuild(root: string, progress: Progress): Promise<void> {
  const at = (...names: string[]): string[] => names.map((name) => join(root, name))
  const common = at('shared', 'package-lock.json', 'main/setup/build.ts')
  await whenChanged(join(root, 'dist/.stamps/processes'), hashSources([...at('main'), ...common]), () => {
    progress('bundling the processes', null)
    return buildProcesses(root)
  })
  await whenChanged(join(root, 'dist/.stamps/renderer'), hashSources([...at('renderer'), ...common]), () => {
    progress('bundling the page', null)
    return buildRenderer(root)
  })
}
