import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { ADDON_FOLDER } from './pins.ts'

const require = createRequire(import.meta.url)

/** The studio's own kernels for TensorFlow on processors. */
export type NativeKernels = {
  /** Operations that a chain of passes may have. */
  readonly passes: ReadonlySet<string>
}

/** The file of the kernels beside TensorFlow's addon. */
export const kernelsFile = (addon: string): string => join(dirname(addon), 'dora_kernels.node')

function fileHere(): string | null {
  const file = kernelsFile(process.env.DORA_STUDIO_ADDON ?? besidePackage())
  return existsSync(file) ? file : null
}

/** Where the set-up puts the addon in a checkout. */
function besidePackage(): string {
  return join(dirname(require.resolve('@tensorflow/tfjs-node-gpu/package.json')), 'lib', ADDON_FOLDER, 'addon')
}

/** Whether engines started now will have the kernels; DORA_STUDIO_KERNELS=0 leaves them out. */
export const hasKernels = (): boolean => process.env.DORA_STUDIO_KERNELS !== '0' && fileHere() !== null

/** Registers the kernels with the library, which must be loaded already; null where there are none. */
export function loadKernels(): NativeKernels | null {
  const file = fileHere()
  if (file === null || !hasKernels()) return null
  const { passes } = require(file) as { readonly passes: string }
  return { passes: new Set(passes.split(' ')) }
}
