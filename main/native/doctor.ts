import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { formatBytes } from '../../shared/domain/amounts.ts'
import type { DoctorCheck, DoctorReport } from '../../shared/domain/doctor.ts'
import { toErrorData } from '../../shared/domain/error.ts'
import { findKernels, type KernelsFound, kernelsVerdict } from './doctor-kernels.ts'
import { detectMachine, detectTools, type Machine, type Tools } from './machine.ts'
import { packageFaults } from './packages.mjs'
import { cacheFolder, dataFolder } from './paths.ts'
import { type SelfTest, selfTest } from './self-test.ts'
import { type NativeState, readNativeState, tensorflowPackage } from './state.ts'
import {
  availableMemory,
  bfloat16Instructions,
  freeDisk,
  type NvidiaGpu,
  nvidiaGpus,
  processorName,
} from './system-facts.ts'

const GB = 1e9

/** Everything the report is drawn from; the checks below are pure. */
export type Findings = {
  readonly node: string
  /** Packages that differ from the lock file; null where there is no lock file (an installed studio). */
  readonly packageFaults: readonly string[] | null
  readonly machine: Machine
  readonly tools: Tools
  readonly state: NativeState | null
  readonly test: SelfTest | { readonly failed: string }
  readonly kernels: KernelsFound
  readonly gpus: readonly NvidiaGpu[]
  /** Instructions of the processor for bfloat16; null where they cannot be known. */
  readonly bfloat16: readonly string[] | null
  readonly memory: { readonly available: number; readonly total: number }
  readonly disks: readonly {
    readonly id: string
    readonly label: string
    readonly folder: string
    readonly free: number
  }[]
}

export type Verdict = Pick<DoctorCheck, 'status' | 'found'> & { readonly cure?: string }
const check = (id: string, label: string, { cure = '', ...verdict }: Verdict): DoctorCheck => ({
  id,
  label,
  cure,
  ...verdict,
})
const ok = (found: string): Verdict => ({ status: 'ok', found })

function nodeVerdict(version: string): Verdict {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 14)) return ok(version)
  return {
    status: 'error',
    found: `${version}, wanted 22.14 or later`,
    cure: 'Start the studio with "npm start": it brings a newer Node.',
  }
}

function packagesVerdict(faults: readonly string[]): Verdict {
  if (faults.length === 0) return ok('as package-lock.json says')
  const named = faults.slice(0, 3).join(', ')
  return {
    status: 'error',
    found: `${faults.length} missing or of another version: ${named}`,
    cure: 'Run "npm run setup".',
  }
}

function libraryVerdict({ test, state }: Findings): Verdict {
  if ('failed' in test)
    return { status: 'error', found: test.failed, cure: 'Run "npm run setup"; it fetches the packages again.' }
  if (test.backend === 'tensorflow') return ok(`libtensorflow ${test.version} (${state?.source ?? 'already there'})`)
  const tried = state?.notes.length ? ` Tried: ${state.notes.join('; ')}.` : ''
  return {
    status: 'warning',
    found: `${test.reason} The portable backend is used instead, which is many times slower.${tried}`,
    cure: 'Cure what is named here and run "npm run setup".',
  }
}

function gpuVerdict({ gpus, machine, test, state }: Findings): Verdict {
  const [first] = gpus
  if (!first)
    return ok(
      machine.nvidia ? 'a driver is there, but nvidia-smi lists no GPU' : 'no NVIDIA GPU: the processor computes',
    )
  const found = gpus.map((gpu) => `${gpu.name}, ${gpu.memory}, driver ${gpu.driver}`).join('; ')
  if ('gpu' in test && test.gpu) return ok(found)
  const why = state?.notes.length ? ` (${state.notes.join('; ')})` : ''
  return {
    status: 'warning',
    found: `${found}, but not used by TensorFlow${why}`,
    cure: 'Run "npm run setup"; CUDA 12.9 needs an NVIDIA driver 525 or later.',
  }
}

function speedVerdict(test: Findings['test']): Verdict {
  if ('failed' in test) return { status: 'error', found: 'not measured', cure: 'See the native library above.' }
  return ok(`${test.gflops.toFixed(0)} GFLOP/s (float32 product on the ${test.backend} backend)`)
}

function bfloat16Verdict({ test, gpus, bfloat16 }: Findings): Verdict {
  if ('gpu' in test && test.gpu && gpus[0])
    return ok(`the GPU decides; NVIDIA's have it from compute capability 8.0 on`)
  if ('backend' in test && test.backend === 'portable') return ok('slower than float32 on the portable backend')
  if (bfloat16 === null) return ok('not known on this system: try bf16 on a short run')
  if (bfloat16.length > 0) return ok(`fast: the processor has ${bfloat16.join(' and ')}`)
  return ok('no gain in speed: the processor has no instructions for it')
}

function roomVerdict(free: number, low: number, found: string, cure: string): Verdict {
  return free < low ? { status: 'warning', found, cure } : ok(found)
}

function toolVerdict(found: string | null, needed: boolean, absent: string, cure: string): Verdict {
  if (found) return ok(found)
  return needed ? { status: 'warning', found: `not found: ${absent}`, cure } : ok('not found, and not needed')
}

/** The report for what was found; pure. */
export function reportOn(findings: Findings): DoctorReport {
  const { test, tools, memory, disks, gpus } = findings
  const onGpu = 'gpu' in test && test.gpu
  const native = 'backend' in test && test.backend === 'tensorflow'
  const { available, total } = memory
  const checks = [
    check('node', 'Node', nodeVerdict(findings.node)),
    ...(findings.packageFaults ? [check('packages', 'Packages', packagesVerdict(findings.packageFaults))] : []),
    check('library', 'Native library', libraryVerdict(findings)),
    check('kernels', 'Own kernels', kernelsVerdict(findings)),
    check('gpu', 'NVIDIA GPU', gpuVerdict(findings)),
    check('speed', 'Self-test', speedVerdict(test)),
    check('bfloat16', 'Products in bfloat16', bfloat16Verdict(findings)),
    check(
      'memory',
      'Free memory',
      roomVerdict(
        available,
        2 * GB,
        `${formatBytes(available)} of ${formatBytes(total)}`,
        'Close other programs: less than 2 GB is free.',
      ),
    ),
    ...disks.map(({ id, label, folder, free }) =>
      check(
        id,
        label,
        roomVerdict(
          free,
          2 * GB,
          `${formatBytes(free)} in ${folder}`,
          'Free some space: less than 2 GB is left on this disk.',
        ),
      ),
    ),
    check(
      'compiler',
      'C++ compiler',
      toolVerdict(
        tools.compiler,
        !native,
        'the addon cannot be built',
        'Install g++ (Debian: apt install g++; macOS: xcode-select --install), then run "npm run setup".',
      ),
    ),
    check(
      'python',
      'Python with pip',
      toolVerdict(
        tools.python,
        !native,
        'libtensorflow cannot be fetched',
        'Install python3 with pip (Debian: apt install python3-pip), then run "npm run setup".',
      ),
    ),
  ]
  const device = onGpu && gpus[0] ? gpus[0].name : processorName()
  return { checks, backend: native ? 'tensorflow' : 'portable', device, gflops: 'gflops' in test ? test.gflops : null }
}

/** Root of the checkout, found from the packages; null in an installed studio, which carries no lock file. */
function checkoutRoot(): string | null {
  const folder = tensorflowPackage()
  const root = folder && join(folder, '..', '..', '..')
  return root && existsSync(join(root, 'package-lock.json')) ? root : null
}

/**
 * Looks at everything the studio needs and measures a matrix product. Loads libtensorflow into this process, so hosts
 * fork `doctor-process` instead of calling this. Takes about 2 s.
 */
export async function doctorReport(): Promise<DoctorReport> {
  const root = checkoutRoot()
  const [tools, gpus, data, cache] = await Promise.all([
    detectTools(),
    nvidiaGpus(),
    freeDisk(dataFolder()),
    freeDisk(cacheFolder()),
  ])
  // Alone, so that nothing of ours slows what is measured.
  const test = await selfTest().catch((thrown: unknown) => ({ failed: toErrorData(thrown).message }))
  return reportOn({
    node: process.versions.node,
    packageFaults: root ? packageFaults(root) : null,
    machine: detectMachine(),
    state: readNativeState(),
    bfloat16: bfloat16Instructions(),
    memory: availableMemory(),
    disks: [
      { id: 'data-disk', label: 'Disk of the runs', folder: dataFolder(), free: data },
      { id: 'cache-disk', label: 'Disk of the cache', folder: cacheFolder(), free: cache },
    ],
    ...{ tools, gpus, test, kernels: await findKernels(test) },
  })
}
