import { existsSync } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fault, toErrorData } from '../../shared/domain/error.ts'
import { compileKernels } from './compile-kernels.ts'
import { kernelSources, kernelsKey } from './kernel-sources.ts'
import { kernelsFile, kernelsSwitchedOff } from './load-kernels.ts'
import { withLock } from './lock.mjs'
import type { Tools } from './machine.ts'
import { probeKernels } from './probe.ts'
import type { Progress } from './progress.ts'
import { addonFile, type KernelsAbsence, packageFolder, RETRY_AFTER_MS } from './state.ts'

export type KernelsRequest = {
  /** Folder of the installation: `tensorflow/` with library and headers, `lib/napi-v8` with the addon. */
  readonly installation: string
  /** One line for people: where the library came from. */
  readonly library: string
  /** Folder of the sources; null where there are none. */
  readonly sources: string | null
  readonly tools: () => Promise<Tools>
  readonly progress: Progress
  /** Forgets an earlier failure. */
  readonly retry: boolean
}

/** Builds of other sources, of this checkout before or of others that share the cache; each is about 300 kB. */
const KEPT = 8

async function removeOldest(folder: string): Promise<void> {
  const files = (await readdir(folder)).filter((name) => /^dora_kernels-.*\.node$/.test(name))
  const times = await Promise.all(files.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })))
  const old = times.sort((a, b) => b.at - a.at).slice(KEPT)
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })))
}

/** What the compiler needs, or a fault that says what is missing; one without a hint has no cure. */
async function buildFor({ installation, library, tools }: KernelsRequest, sources: string) {
  if (!existsSync(join(installation, 'tensorflow', 'include')))
    throw fault(
      'native',
      `the ${library} comes without the headers they are compiled against; the TensorFlow wheel has them, where there is one for this system`,
    )
  const hint = 'Install g++ (Debian: apt install g++; macOS: xcode-select --install), then run "npm run setup".'
  const { compiler } = await tools()
  if (!compiler) throw fault('native', 'they need a C++ compiler (g++ or clang++), not found on this machine', { hint })
  const headers = packageFolder('node-api-headers')
  if (!headers) throw fault('native', 'the package node-api-headers is missing', { hint: 'Run "npm run setup".' })
  const nodeHeaders = join(headers, 'include')
  return { compiler, sources, nodeHeaders, installation, platform: process.platform, arch: process.arch }
}

/** Complete and seen to work, or absent: whatever has the name that engines look for has been probed. */
async function install(request: KernelsRequest, sources: string, target: string): Promise<void> {
  const { installation, progress } = request
  const partial = join(installation, 'lib', 'kernels.partial')
  await rm(partial, { recursive: true, force: true })
  try {
    const file = await compileKernels(await buildFor(request, sources), partial, progress)
    progress('trying the kernels', null)
    await probeKernels(file, installation)
    await rename(file, target)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  await removeOldest(join(target, '..'))
}

async function build(request: KernelsRequest, sources: string, target: string): Promise<void> {
  const waiting = () => request.progress('waiting for another set-up', null)
  const once = async () => {
    if (!existsSync(target)) await install(request, sources, target)
  }
  await withLock(`${request.installation}.lock`, once, waiting)
}

/** When asked to look again, what is there is tried once more; what has gone bad since is removed. */
async function isThere(target: string, { installation, retry }: KernelsRequest): Promise<boolean> {
  if (!existsSync(target)) return false
  const works = () =>
    probeKernels(target, installation).then(
      () => true,
      () => false,
    )
  if (!retry || (await works())) return true
  await rm(target, { force: true })
  return false
}

const isFresh = ({ at }: KernelsAbsence): boolean => Date.now() - Date.parse(at) < RETRY_AFTER_MS

/**
 * Sees to the kernels of these sources: there already (a few milliseconds), or compiled and tried out now. Never throws:
 * gives null where they are there, else why not, which `known` remembers until the sources change or 12 hours are over.
 */
export async function ensureKernels(
  request: KernelsRequest,
  known: KernelsAbsence | undefined,
): Promise<KernelsAbsence | null> {
  const { sources, installation, retry } = request
  const key = sources === null ? '' : kernelsKey(sources)
  try {
    if (sources === null) throw fault('native', 'their sources are missing', { hint: 'Install the studio again.' })
    const target = kernelsFile(addonFile(installation), key)
    if (await isThere(target, request)) return null
    if (known?.key === key && isFresh(known) && !retry) return known
    await build(request, sources, target)
    return null
  } catch (thrown) {
    const { message, hint } = toErrorData(thrown)
    return { key, note: message, cure: hint ?? '', at: new Date().toISOString() }
  }
}

/** {@link ensureKernels} for the studio's own sources; nothing is done while they are switched off. */
export const ensureOwnKernels = async (
  request: Omit<KernelsRequest, 'sources'>,
  known: KernelsAbsence | undefined,
): Promise<KernelsAbsence | null> =>
  kernelsSwitchedOff() ? (known ?? null) : ensureKernels({ ...request, sources: kernelSources() }, known)
