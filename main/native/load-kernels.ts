import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { fault, toErrorData } from '../../shared/domain/error.ts'
import { kernelSources, kernelsKey } from './kernel-sources.ts'
import { ADDON_FOLDER } from './pins.ts'

const require = createRequire(import.meta.url)

/** The studio's own kernels for TensorFlow on processors. */
export type NativeKernels = {
  /** Operations that a chain of passes may have. */
  readonly passes: ReadonlySet<string>
  /** Kind of processor whose instructions they use. */
  readonly kind: string
}

const exportsSchema = z.object({ passes: z.string(), kind: z.string() })

/** The file of the kernels beside TensorFlow's addon; those of other sources have other names and are never loaded. */
export const kernelsFile = (addon: string, key: string): string => join(dirname(addon), `dora_kernels-${key}.node`)

/** DORA_STUDIO_KERNELS=0 leaves them out. */
export const kernelsSwitchedOff = (): boolean => process.env.DORA_STUDIO_KERNELS === '0'

/** In the folder where the set-up puts the addon in a checkout. */
const besidePackage = (): string =>
  join(dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json')), 'lib', ADDON_FOLDER, 'addon')

function fileHere(): string | null {
  const sources = kernelSources()
  if (sources === null) return null
  const file = kernelsFile(process.env.DORA_STUDIO_ADDON ?? besidePackage(), kernelsKey(sources))
  return existsSync(file) ? file : null
}

/** Whether engines started now will have the kernels. */
export const hasKernels = (): boolean => !kernelsSwitchedOff() && fileHere() !== null

/** Registers the kernels in `file` with the library, which must be loaded already. */
export function loadKernelsFrom(file: string): NativeKernels {
  const exported = exportsSchema.safeParse(require(file))
  if (!exported.success) throw fault('native', `${file}: wanted the kernels' addon, got another one`)
  const { passes, kind } = exported.data
  return { passes: new Set(passes.split(' ')), kind }
}

/** Registers this machine's kernels; null where there are none or they are off. Throws where they do not load. */
export function openKernels(): NativeKernels | null {
  const file = kernelsSwitchedOff() ? null : fileHere()
  return file === null ? null : loadKernelsFrom(file)
}

/** {@link openKernels} for an engine, which does without kernels that do not load and says so in its log. */
export function loadKernels(): NativeKernels | null {
  try {
    return openKernels()
  } catch (thrown) {
    console.error(`Without the studio's own kernels, which do not load: ${toErrorData(thrown).message}`)
    return null
  }
}
