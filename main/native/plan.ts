import type { Machine, Tools } from './machine.ts'
import {
  CPU_WHEELS,
  CUDA_WHEELS,
  OFFICIAL_BUILDS,
  OFFICIAL_VERSION,
  type OfficialBuild,
  TENSORFLOW_VERSION,
  type Wheel,
} from './pins.ts'

type Common = {
  /** Name of the folder in the cache: versions, variant, platform. */
  readonly key: string
  readonly label: string
  readonly version: string
  readonly variant: 'cpu' | 'cuda'
  /** Free space needed while it is fetched and unpacked. */
  readonly diskBytes: number
}
export type WheelSource = Common & { readonly kind: 'wheel'; readonly wheels: readonly Wheel[] }
export type OfficialSource = Common & { readonly kind: 'official'; readonly build: OfficialBuild }
export type NativeSource = WheelSource | OfficialSource

/** What will be tried, in order, and why the rest will not. */
export type NativePlan = { readonly sources: readonly NativeSource[]; readonly skipped: readonly string[] }

const GB = 2 ** 30

function wheelSource(variant: 'cpu' | 'cuda', target: string, wheels: readonly Wheel[]): WheelSource {
  const label = variant === 'cuda' ? 'TensorFlow wheel with CUDA' : 'TensorFlow wheel'
  const key = `${TENSORFLOW_VERSION}-${variant}-${target}`
  return {
    kind: 'wheel',
    key,
    label,
    version: TENSORFLOW_VERSION,
    variant,
    wheels,
    diskBytes: (variant === 'cuda' ? 9 : 2) * GB,
  }
}

function missingTools(tools: Tools): string {
  const missing = [tools.python ? '' : 'python3 with pip', tools.compiler ? '' : 'a C++ compiler (g++ or clang++)']
  return missing.filter(Boolean).join(' and ')
}

/** Pure: the same machine and tools always give the same plan. */
export function planNative(machine: Machine, tools: Tools): NativePlan {
  const target = `${machine.platform}-${machine.arch}`
  const cuda = machine.nvidia ? CUDA_WHEELS[target] : undefined
  const cpu = CPU_WHEELS[target]
  const wheels: WheelSource[] = []
  if (cuda) wheels.push(wheelSource('cuda', target, cuda))
  if (cpu) wheels.push(wheelSource('cpu', target, [cpu]))

  const skipped: string[] = []
  const missing = missingTools(tools)
  if (wheels.length === 0) skipped.push(`TensorFlow wheel: none is published for ${target}`)
  else if (missing) skipped.push(`TensorFlow wheel: needs ${missing}, not found on this machine`)

  const build = OFFICIAL_BUILDS[target]
  if (!build) skipped.push(`official prebuilt library: none is published for ${target}`)
  const sources: NativeSource[] = missing ? [] : [...wheels]
  if (build) sources.push(officialSource(target, build))
  return { sources, skipped }
}

function officialSource(target: string, build: OfficialBuild): OfficialSource {
  const key = `${OFFICIAL_VERSION}-cpu-${target}`
  return {
    kind: 'official',
    key,
    label: 'official prebuilt library',
    version: OFFICIAL_VERSION,
    variant: 'cpu',
    build,
    diskBytes: GB,
  }
}
