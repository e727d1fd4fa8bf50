import { toErrorData } from '../../shared/domain/error.ts'
import type { Findings, Verdict } from './doctor.ts'
import { kernelSpeed } from './kernel-speed.ts'
import { kernelsSwitchedOff, openKernels } from './load-kernels.ts'
import { loadTensorflow } from './load-tensorflow.ts'

export type KernelsFound = {
  /** Kind of processor they compute for, and their {@link kernelSpeed}; null when they are not in use. */
  readonly inUse: { readonly kind: string; readonly speed: number } | null
  readonly off: boolean
  /** Why what is there does not load or compute. */
  readonly failed: string
}

/** Less is no noise: with what they save elsewhere, kernels that compute at TensorFlow's pace still gain. */
const LEAST_SPEED = 0.8

const ok = (found: string): Verdict => ({ status: 'ok', found })
const INSTRUCTIONS: Readonly<Record<string, string>> = {
  base: 'any processor of this architecture',
  avx2: 'processors with AVX2',
  avx512: 'processors with AVX-512',
}

function speedVerdict({ kind, speed }: NonNullable<KernelsFound['inUse']>): Verdict {
  const processors = INSTRUCTIONS[kind] ?? kind
  const found = `in use, for ${processors}; attention takes ${(100 / speed).toFixed(0)} % of the time of TensorFlow's own operations`
  if (speed >= LEAST_SPEED) return ok(found)
  const cure = 'Start the studio with DORA_STUDIO_KERNELS=0 in its environment, and please report this processor.'
  return { status: 'warning', found, cure }
}

/** The Doctor's line on the kernels; pure. */
export function kernelsVerdict({ test, kernels, state }: Pick<Findings, 'test' | 'kernels' | 'state'>): Verdict {
  if (!('backend' in test) || test.backend === 'portable') return ok('none: they need the native library')
  if (test.gpu) return ok('not used: the GPU computes')
  const slower = 'not in use, so steps take longer'
  if (kernels.off)
    return {
      status: 'warning',
      found: `${slower}: DORA_STUDIO_KERNELS is 0`,
      cure: 'Start the studio without DORA_STUDIO_KERNELS.',
    }
  if (kernels.inUse) return speedVerdict(kernels.inUse)
  const note = kernels.failed || state?.kernels?.note
  if (!kernels.failed && state?.kernels?.cure === '') return ok(`${slower}: ${note}`)
  const cure = (!kernels.failed && state?.kernels?.cure) || 'Run "npm run setup", which compiles them.'
  return { status: 'warning', found: `${slower}: ${note ?? 'they are not compiled yet'}`, cure }
}

/** Registers the kernels in this process, as an engine does, and measures them; the library has been loaded. */
export async function findKernels(test: Findings['test']): Promise<KernelsFound> {
  const none = { inUse: null, off: kernelsSwitchedOff(), failed: '' }
  if (!('backend' in test) || test.backend === 'portable' || test.gpu) return none
  try {
    const kernels = openKernels()
    return kernels ? { ...none, inUse: { kind: kernels.kind, speed: kernelSpeed(await loadTensorflow()) } } : none
  } catch (thrown) {
    return { ...none, failed: toErrorData(thrown).message }
  }
}
