import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { cacheFolder } from './cache-folder.mjs'
import { ADDON_FOLDER, TENSORFLOW_VERSION } from './pins.ts'

const require = createRequire(import.meta.url)

/** After a failure the next start does not download or compile for nothing again; `npm run setup` does. */
export const RETRY_AFTER_MS = 12 * 60 * 60 * 1000

/** Why the studio's own kernels are not there. */
const kernelsAbsenceSchema = z.object({
  /** Of which sources that is said (kernel-sources.ts). */
  key: z.string(),
  note: z.string(),
  /** What to do; empty where nothing can be done. */
  cure: z.string(),
  at: z.string(),
})
export type KernelsAbsence = z.infer<typeof kernelsAbsenceSchema>

/** What the set-up settled on; written beside the package, so a fresh install of the packages forgets it. */
const nativeStateSchema = z.object({
  backend: z.enum(['tensorflow', 'portable']),
  /** One line for people: where the library came from. */
  source: z.string(),
  version: z.string(),
  variant: z.enum(['cpu', 'cuda', 'none']),
  /** Which machine it was settled for; another value settles it anew. */
  machine: z.string(),
  /** Everything that was tried or skipped before, with the reason. */
  notes: z.array(z.string()),
  /** Absent where the kernels are there. They are made after all else, so their state is a part of its own. */
  kernels: kernelsAbsenceSchema.optional(),
  at: z.string(),
})
export type NativeState = z.infer<typeof nativeStateSchema>

/** Folder of an installed package, or null when it is not installed. */
export function packageFolder(name: string): string | null {
  try {
    return dirname(require.resolve(`${name}/package.json`))
  } catch {
    return null
  }
}

/** Folder of the native TensorFlow package, or null when packages are not installed. */
export const tensorflowPackage = (): string | null => packageFolder('@tensorflow/tfjs-node-gpu')

/**
 * Where `lib` (the addon) and the state are: beside the package in a checkout, in the cache for an installed studio, whose
 * own folder may not be written (DORA_STUDIO_RESOURCES is set by its window).
 */
export function nativeFolder(): string | null {
  const folder = tensorflowPackage()
  return folder && process.env.DORA_STUDIO_RESOURCES ? join(cacheFolder(), `native-${TENSORFLOW_VERSION}`) : folder
}

/** The addon as the package's own `require` finds it. */
export const addonFile = (folder: string): string => join(folder, 'lib', ADDON_FOLDER, 'tfjs_binding.node')

/** Tells a process that loads the library where the addon is, when that is not beside the package. */
export function addonEnvironment(): Record<string, string> {
  const folder = nativeFolder()
  return folder && folder !== tensorflowPackage() ? { DORA_STUDIO_ADDON: addonFile(folder) } : {}
}

/** `<installation>` of the addon `<installation>/lib/napi-v8/tfjs_binding.node`, whatever links lead there. */
export const installationOf = (addon: string): string => join(realpathSync(addon), '..', '..', '..')

const stateFile = (folder: string): string => join(folder, 'dora-native.json')

export function readNativeState(): NativeState | null {
  const folder = nativeFolder()
  if (!folder || !existsSync(stateFile(folder))) return null
  const parsed = nativeStateSchema.safeParse(JSON.parse(readFileSync(stateFile(folder), 'utf8')))
  return parsed.success ? parsed.data : null
}

export function writeNativeState(folder: string, state: NativeState): void {
  mkdirSync(folder, { recursive: true })
  const partial = `${stateFile(folder)}.${process.pid}.partial`
  writeFileSync(partial, `${JSON.stringify(state, null, 2)}\n`)
  renameSync(partial, stateFile(folder))
}

/** Environment a process needs before it starts, so that the CUDA libraries of an installation are found; empty without CUDA. */
export async function cudaEnvironment(installation: string): Promise<Record<string, string>> {
  const nvidia = join(installation, 'nvidia')
  if (!existsSync(nvidia)) return {}
  const libraries = (await readdir(nvidia))
    .map((name) => join(nvidia, name, 'lib'))
    .filter((folder) => existsSync(folder))
  const join2 = (values: (string | undefined)[], separator: string): string => values.filter(Boolean).join(separator)
  return {
    LD_LIBRARY_PATH: join2([...libraries, process.env.LD_LIBRARY_PATH], ':'),
    XLA_FLAGS: join2([process.env.XLA_FLAGS, `--xla_gpu_cuda_data_dir=${join(nvidia, 'cuda_nvcc')}`], ' '),
    TF_FORCE_GPU_ALLOW_GROWTH: process.env.TF_FORCE_GPU_ALLOW_GROWTH ?? 'true',
  }
}

/** What a host adds to the environment of an engine (or doctor) that it forks. */
export async function engineEnvironment(): Promise<Record<string, string>> {
  const folder = nativeFolder()
  if (!folder || !existsSync(addonFile(folder))) return {}
  return { ...addonEnvironment(), ...(await cudaEnvironment(installationOf(addonFile(folder)))) }
}
