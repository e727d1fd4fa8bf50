import { toErrorData } from '../../shared/domain/error.ts'
import type { Findings, Verdict } from './doctor.ts'
import { kernelsSwitchedOff, openKernels } from './load-kernels.ts'

/** Kind of processor the kernels compute for, null when they are not in use; `failed` tells why what is there does not load. */
export type KernelsFound = { readonly kind: string | null; readonly off: boolean; readonly failed: string }

const ok = (found: string): Verdict => ({ status: 'ok', found })
const INSTRUCTIONS: Readonly<Record<string, string>> = {
  base: 'any processor of this architecture',
  avx2: 'processors with AVX2',
  avx512: 'processors with AVX-512',
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
  if (kernels.kind !== null) return ok(`in use, for ${INSTRUCTIONS[kernels.kind] ?? kernels.kind}`)
  const note = kernels.failed || state?.kernels?.note
  if (!kernels.failed && state?.kernels?.cure === '') return ok(`${slower}: ${note}`)
  const cure = (!kernels.failed && state?.kernels?.cure) || 'Run "npm run setup", which compiles them.'
  return { status: 'warning', found: `${slower}: ${note ?? 'they are not compiled yet'}`, cure }
}

/** Registers the kernels in this process, as an engine does; the library has been loaded. */
export function findKernels(test: Findings['test']): KernelsFound {
  const none = { kind: null, off: kernelsSwitchedOff(), failed: '' }
  if (!('backend' in test) || test.backend === 'portable' || test.gpu) return none
  try {
    return { ...none, kind: openKernels()?.kind ?? null }
  } catch (thrown) {
    return { ...none, failed: toErrorData(thrown).message }
  }
}
