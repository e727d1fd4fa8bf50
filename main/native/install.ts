import { existsSync, lstatSync } from 'node:fs'
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatBytes } from '../../shared/domain/amounts.ts'
import { fault, toErrorData } from '../../shared/domain/error.ts'
import { cacheFolder } from './cache-folder.mjs'
import { compileAddon } from './compile.ts'
import { ensureOwnKernels } from './kernels.ts'
import { withLock } from './lock.mjs'
import { detectMachine, detectTools, type Machine, type Tools } from './machine.ts'
import { fetchOfficial } from './official.ts'
import { CPU_WHEELS, OFFICIAL_VERSION } from './pins.ts'
import { type NativeSource, type OfficialSource, planNative, type WheelSource } from './plan.ts'
import { type Probe, probeAddon } from './probe.ts'
import type { Progress } from './progress.ts'
import {
  addonFile,
  installationOf,
  type KernelsAbsence,
  type NativeState,
  nativeFolder,
  packageFolder,
  RETRY_AFTER_MS,
  readNativeState,
  tensorflowPackage,
  writeNativeState,
} from './state.ts'
import { freeDisk } from './system-facts.ts'
import { fetchWheel, unpackWheel } from './wheel.ts'

type Context = {
  /** Sources of the addon. */
  readonly packageFolder: string
  /** Where the addon is linked to and the result is written. */
  readonly nativeFolder: string
  readonly tools: Tools
  readonly progress: Progress
}

const machineKey = (machine: Machine): string =>
  `${machine.platform}-${machine.arch}${machine.nvidia ? '-nvidia' : ''}-tfjs-node-gpu`

function stillGood(state: NativeState | null, machine: Machine, folder: string): state is NativeState {
  if (!state || state.machine !== machineKey(machine)) return false
  if (state.backend === 'tensorflow') return existsSync(addonFile(folder))
  return Date.now() - Date.parse(state.at) < RETRY_AFTER_MS
}

async function checkDisk(source: NativeSource, folder: string): Promise<void> {
  const free = await freeDisk(folder)
  if (free >= source.diskBytes) return
  throw fault(
    'disk',
    `${folder}: ${formatBytes(free)} free, the ${source.label} needs ${formatBytes(source.diskBytes)} while it is unpacked`,
    {
      hint: 'Free some space, or set DORA_STUDIO_CACHE to a folder on another disk.',
    },
  )
}

/** Wheels that are unpacked already are kept in the partial folder, so a broken set-up goes on with the next one. */
async function unpackWheels(source: WheelSource, folder: string, python: string, progress: Progress): Promise<void> {
  const partial = `${folder}.partial`
  await mkdir(partial, { recursive: true })
  await checkDisk(source, partial)
  for (const wheel of source.wheels) {
    const done = join(partial, `${wheel.name}.done`)
    if (existsSync(done)) continue
    const file = await fetchWheel(python, wheel, join(partial, 'download'), progress)
    progress(`unpacking ${wheel.name}`, null)
    await unpackWheel(python, file, partial)
    await rm(join(partial, 'download'), { recursive: true })
    await writeFile(done, '')
  }
  await rename(partial, folder)
}

async function installWheel(source: WheelSource, folder: string, context: Context): Promise<void> {
  const { python, compiler } = context.tools
  const headers = packageFolder('node-api-headers')
  if (!python || !compiler || !headers) throw fault('native', 'python3, a C++ compiler and node-api-headers are needed')
  if (!existsSync(folder)) await unpackWheels(source, folder, python, context.progress)
  if (existsSync(addonFile(folder))) return
  context.progress('compiling the addon', null)
  const nodeHeaders = join(headers, 'include')
  await compileAddon(compiler, { packageFolder: context.packageFolder, nodeHeaders, installation: folder })
}

async function installOfficial(source: OfficialSource, folder: string, context: Context): Promise<void> {
  if (existsSync(addonFile(folder))) return
  const partial = `${folder}.partial`
  await mkdir(partial, { recursive: true })
  await checkDisk(source, partial)
  await fetchOfficial(context.packageFolder, source.build, partial, context.progress)
  await rm(folder, { recursive: true, force: true })
  await rename(partial, folder)
}

/** Makes the package's `lib` a link to the installation's; a link is replaced in one step. */
export async function linkInstallation(packagePath: string, installation: string): Promise<void> {
  const lib = join(packagePath, 'lib')
  const fresh = `${lib}.${process.pid}.partial`
  await rm(fresh, { recursive: true, force: true })
  await symlink(join(installation, 'lib'), fresh, 'junction')
  const isFolder = existsSync(lib) && !lstatSync(lib).isSymbolicLink()
  if (isFolder || process.platform === 'win32') await rm(lib, { recursive: true, force: true })
  await rename(fresh, lib)
}

async function trySource(source: NativeSource, context: Context): Promise<Probe> {
  const folder = join(cacheFolder(), 'tensorflow', source.key)
  const install = () =>
    source.kind === 'wheel' ? installWheel(source, folder, context) : installOfficial(source, folder, context)
  await withLock(`${folder}.lock`, install, () => context.progress('waiting for another set-up', null))
  await linkInstallation(context.nativeFolder, folder)
  context.progress('loading it', null)
  try {
    return await probeAddon(folder)
  } catch (thrown) {
    // An addon that does not load would be found "present" for ever.
    await rm(join(folder, 'lib'), { recursive: true, force: true })
    throw thrown
  }
}

async function settle(machine: Machine, context: Context): Promise<Omit<NativeState, 'machine' | 'at'>> {
  const plan = planNative(machine, context.tools)
  const notes = [...plan.skipped]
  for (const source of plan.sources) {
    try {
      const probe = await trySource(source, context)
      if (source.variant === 'cuda' && !probe.gpu)
        notes.push(`${source.label}: it loads, but finds no GPU that it can use`)
      return { backend: 'tensorflow', source: source.label, version: probe.version, variant: source.variant, notes }
    } catch (thrown) {
      notes.push(`${source.label}: ${toErrorData(thrown).message}`)
    }
  }
  return { backend: 'portable', source: 'none', version: '', variant: 'none', notes }
}

/** What somebody built or installed by hand is used as it is, as long as it loads. */
async function present(folder: string): Promise<Omit<NativeState, 'machine' | 'at'> | null> {
  if (!existsSync(addonFile(folder)) || lstatSync(join(folder, 'lib')).isSymbolicLink()) return null
  const probe = await probeAddon(folder).catch(() => null)
  if (!probe) return null
  return {
    backend: 'tensorflow',
    source: 'already there',
    version: probe.version,
    variant: probe.gpu ? 'cuda' : 'cpu',
    notes: [],
  }
}

/** Whether a better library than the known one may have become possible: with the tools for a wheel, or a network. */
const isSecondBest = (state: NativeState, { platform, arch }: Machine): boolean =>
  state.backend === 'portable' || (state.version === OFFICIAL_VERSION && `${platform}-${arch}` in CPU_WHEELS)

async function settleLibrary(machine: Machine, context: Omit<Context, 'tools'>): Promise<NativeState> {
  const folder = context.nativeFolder
  await mkdir(folder, { recursive: true })
  const search = async () => settle(machine, { ...context, tools: await detectTools() })
  const found = (await present(folder)) ?? (await search())
  return { ...found, machine: machineKey(machine), at: new Date().toISOString() }
}

/** Why there are no kernels beside the library; null where there are, or where they could be of no use. */
async function settleKernels(
  { backend, source, kernels }: NativeState,
  folder: string,
  progress: Progress,
  retry: boolean,
): Promise<KernelsAbsence | null> {
  if (backend === 'portable') return null
  const installation = installationOf(addonFile(folder))
  return ensureOwnKernels({ installation, library: source, tools: detectTools, progress, retry }, kernels)
}

/**
 * Makes libtensorflow and its addon available, or settles on the portable backend and says why in `notes`; then the
 * studio's own kernels, or says in `kernels` why not. Takes no time when nothing changed; `retry` forgets failures.
 */
export async function ensureNative(progress: Progress, retry: boolean): Promise<NativeState> {
  const source = tensorflowPackage()
  const folder = nativeFolder()
  if (!source || !folder) throw fault('native', 'The packages are not installed', { hint: 'Run "npm run setup".' })
  const machine = detectMachine()
  const known = readNativeState()
  const good = stillGood(known, machine, folder) && !(retry && isSecondBest(known, machine))
  const library = good ? known : await settleLibrary(machine, { packageFolder: source, nativeFolder: folder, progress })
  const { kernels: before, ...rest } = library
  const kernels = await settleKernels(library, folder, progress, retry)
  if (good && (kernels ?? undefined) === before) return known
  const state: NativeState = { ...rest, ...(kernels && { kernels }) }
  writeNativeState(folder, state)
  return state
}
