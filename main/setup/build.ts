import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from '../native/lock.mjs'
import type { Progress } from '../native/progress.ts'
import { hashSources, whenChanged } from './sources.ts'

/** Bundles of the processes; the packages stay outside, in node_modules. */
const ENTRIES = {
  cli: 'main/cli/main.ts',
  host: 'main/host/process.ts',
  engine: 'main/engine/process.ts',
  doctor: 'main/native/doctor-process.ts',
  history: 'main/host/history-process.ts',
  'native-setup': 'main/native/setup-process.ts',
  'native-probe': 'main/native/probe-process.ts',
} as const

/** The window's main process and the script between it and the page: CommonJS, which every Electron loads from anywhere. */
const DESKTOP_ENTRIES = { main: 'main/electron/main.ts', preload: 'main/preload.ts' } as const

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

async function buildDesktop(root: string): Promise<void> {
  const { build } = await import('esbuild')
  await build({
    absWorkingDir: root,
    entryPoints: Object.entries(DESKTOP_ENTRIES).map(([out, entry]) => ({ in: entry, out })),
    outdir: 'dist/desktop',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    // The oldest Electron the window is tested in (9) has this Node; today's loses nothing by it.
    target: ['node12', 'chrome83'],
    external: ['electron'],
    sourcemap: true,
    logLevel: 'silent',
  })
}

/** The window's pictures, beside its bundles, where they are found packed and unpacked alike. */
function copyIcons(root: string): void {
  const icons = join(root, 'dist/desktop/icons')
  cpSync(join(root, 'resources/icons/desktop'), icons, { recursive: true })
  cpSync(join(root, 'resources/icons/linux/256.png'), join(icons, 'window.png'))
}

async function buildRenderer(root: string): Promise<void> {
  const { build } = await import('vite')
  const before = process.env.NODE_ENV
  await build({ configFile: join(root, 'renderer/vite.config.ts'), logLevel: 'warn' })
  // Vite makes it `production`, and what is started next would inherit that.
  if (before === undefined) delete process.env.NODE_ENV
  else process.env.NODE_ENV = before
}

/** Hash of a part's sources and of what all parts depend on. */
const hashOf = (root: string, ...names: string[]): string =>
  hashSources(
    [...names, 'shared', 'resources/icons', 'package-lock.json', 'main/setup/build.ts'].map((name) => join(root, name)),
  )

const changedProcesses = (root: string, progress: Progress): Promise<void> =>
  whenChanged(join(root, 'dist/.stamps/processes'), hashOf(root, 'main'), async () => {
    progress('bundling the processes', null)
    await Promise.all([buildProcesses(root), buildDesktop(root)])
    copyIcons(root)
  })

const changedPage = (root: string, progress: Progress): Promise<void> =>
  whenChanged(join(root, 'dist/.stamps/renderer'), hashOf(root, 'renderer'), () => {
    progress('bundling the page', null)
    return buildRenderer(root)
  })

/** One build at a time: a second one would read what the first is still writing. */
const locked = (root: string, progress: Progress, build: () => Promise<void>): Promise<void> =>
  withLock(join(root, 'dist/.stamps/lock'), build, () => progress('waiting for another build of this folder', null))

/** Builds into `dist/` what changed since the last build: the processes (esbuild) and the page (vite). */
export const ensureBuild = (root: string, progress: Progress): Promise<void> =>
  locked(root, progress, async () => {
    await changedProcesses(root, progress)
    await changedPage(root, progress)
  })

/** {@link ensureBuild} without the page, for those who only start processes. */
export const ensureProcesses = (root: string, progress: Progress): Promise<void> =>
  locked(root, progress, () => changedProcesses(root, progress))
