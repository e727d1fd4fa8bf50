import { expect, test } from 'vitest'
import type { Machine } from '../../../main/native/machine.ts'
import { CPU_WHEELS, CUDA_WHEELS, OFFICIAL_BUILDS } from '../../../main/native/pins.ts'
import { planNative } from '../../../main/native/plan.ts'

const tools = { python: 'python3', compiler: 'g++' }
const machine = (target: string, nvidia = false): Machine => {
  const [platform = '', arch = ''] = target.split('-')
  return { platform, arch, nvidia }
}
const kinds = (plan: ReturnType<typeof planNative>): string[] => plan.sources.map(({ kind, key }) => `${kind} ${key}`)

test('Linux without a GPU takes the processor wheel, then the official build', () => {
  const plan = planNative(machine('linux-x64'), tools)
  expect(kinds(plan)).toEqual(['wheel 2.21.0-cpu-linux-x64', 'official 2.9.1-cpu-linux-x64'])
  expect(plan.skipped).toEqual([])
})

test('an NVIDIA driver puts the CUDA wheel first and keeps the processor wheel behind it', () => {
  const plan = planNative(machine('linux-x64', true), tools)
  expect(kinds(plan).slice(0, 2)).toEqual(['wheel 2.21.0-cuda-linux-x64', 'wheel 2.21.0-cpu-linux-x64'])
  const [cuda] = plan.sources
  const names = cuda?.kind === 'wheel' ? cuda.wheels.map(({ name }) => name) : []
  expect(names[0]).toBe('tensorflow')
  for (const library of ['cublas', 'cudnn', 'cuda-runtime', 'nccl', 'cuda-nvcc'])
    expect(names).toContain(`nvidia-${library}-cu12`)
})

test('without Python or a compiler the wheel is skipped with the reason and the official build is left', () => {
  const plan = planNative(machine('linux-x64'), { python: null, compiler: null })
  expect(kinds(plan)).toEqual(['official 2.9.1-cpu-linux-x64'])
  expect(plan.skipped.join()).toContain('python3 with pip and a C++ compiler')
})

test('an Apple processor has a wheel only, Windows and Intel Macs the official build only', () => {
  expect(kinds(planNative(machine('darwin-arm64'), tools))).toEqual(['wheel 2.21.0-cpu-darwin-arm64'])
  expect(kinds(planNative(machine('darwin-x64'), tools))).toEqual(['official 2.9.1-cpu-darwin-x64'])
  expect(kinds(planNative(machine('win32-x64'), { python: 'python', compiler: null }))).toEqual([
    'official 2.9.1-cpu-win32-x64',
  ])
})

test('a system nobody publishes for gets an empty plan with a reason for each source', () => {
  const plan = planNative(machine('freebsd-riscv64'), tools)
  expect(plan.sources).toEqual([])
  expect(plan.skipped).toHaveLength(2)
})

test('every pinned file has a SHA-256 of its own', () => {
  const wheels = [...Object.values(CPU_WHEELS), ...Object.values(CUDA_WHEELS).flat()]
  const hashes = [...wheels, ...Object.values(OFFICIAL_BUILDS)].map(({ sha256 }) => sha256)
  for (const hash of hashes) expect(hash).toMatch(/^[0-9a-f]{64}$/)
  expect(new Set(hashes).size).toBe(hashes.length)
})
