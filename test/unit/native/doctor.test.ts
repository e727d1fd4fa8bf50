import { expect, test } from 'vitest'
import { type Findings, reportOn } from '../../../main/native/doctor.ts'
import { parseFreeMemory } from '../../../main/native/gpu-memory.ts'
import { parseNvidiaSmi } from '../../../main/native/system-facts.ts'
import { doctorReportSchema } from '../../../shared/domain/doctor.ts'

const GB = 2 ** 30
const healthy: Findings = {
  node: '24.21.0',
  packageFaults: [],
  machine: { platform: 'linux', arch: 'x64', nvidia: false },
  tools: { python: 'python3', compiler: 'g++' },
  state: null,
  test: { backend: 'tensorflow', version: '2.21.0', gpu: false, gflops: 200, reason: '' },
  kernels: { inUse: { kind: 'avx2', speed: 4 }, off: false, failed: '' },
  gpus: [],
  bfloat16: ['amx_bf16'],
  memory: { available: 8 * GB, total: 16 * GB },
  disks: [{ id: 'data-disk', label: 'Disk of the runs', folder: '/data', free: 50 * GB }],
}
const find = (findings: Findings, id: string) => {
  const found = reportOn(findings).checks.find((one) => one.id === id)
  if (!found) throw new Error(`no check "${id}"`)
  return found
}

test('a healthy machine has nothing but ok lines, and the report is what the contract says', () => {
  const report = doctorReportSchema.parse(reportOn(healthy))
  expect(report.checks.filter(({ status }) => status !== 'ok')).toEqual([])
  expect(report).toMatchObject({ backend: 'tensorflow', gflops: 200 })
})

test.each<[string, string, string, Partial<Findings>]>([
  ['an old Node', 'node', 'error', { node: '20.20.2' }],
  ['missing packages', 'packages', 'error', { packageFaults: ['node_modules/zod'] }],
  ['little memory', 'memory', 'warning', { memory: { available: GB, total: 16 * GB } }],
  ['a full disk', 'data-disk', 'warning', { disks: [{ id: 'data-disk', label: 'Disk', folder: '/data', free: GB }] }],
  ['a self-test that broke', 'speed', 'error', { test: { failed: 'no tfjs-core' } }],
])('%s is shown with a cure', (_, id, status, change) => {
  const check = find({ ...healthy, ...change }, id)
  expect(check.status).toBe(status)
  expect(check.cure).not.toBe('')
})

const portable: Partial<Findings> = {
  test: { backend: 'portable', version: '', gpu: false, gflops: 30, reason: 'The addon cannot be found.' },
  tools: { python: null, compiler: null },
  state: {
    backend: 'portable',
    source: 'none',
    version: '',
    variant: 'none',
    machine: 'linux-x64',
    notes: ['TensorFlow wheel: needs a C++ compiler'],
    at: '2026-01-01T00:00:00Z',
  },
}

test('without libtensorflow the report names the portable backend, the reason, what was tried and what to install', () => {
  const findings = { ...healthy, ...portable }
  expect(reportOn(findings).backend).toBe('portable')
  const library = find(findings, 'library')
  expect(library.status).toBe('warning')
  expect(library.found).toContain('The addon cannot be found.')
  expect(library.found).toContain('needs a C++ compiler')
  expect(find(findings, 'compiler').cure).toContain('g++')
  expect(find(findings, 'python').cure).toContain('pip')
})

test('a missing compiler does not matter once the library works', () => {
  expect(find({ ...healthy, tools: { python: null, compiler: null } }, 'compiler').status).toBe('ok')
})

test.each<[string, RegExp, Partial<Findings>]>([
  ['a processor that has it', /fast: the processor has amx_bf16/, {}],
  ['one that has not', /no gain/, { bfloat16: [] }],
  ['a system that does not tell', /not known/, { bfloat16: null }],
  ['the portable backend', /slower than float32/, portable],
])('whether bfloat16 pays is told: %s', (_, says, change) => {
  expect(find({ ...healthy, ...change }, 'bfloat16').found).toMatch(says)
})

const noKernels: Findings['kernels'] = { inUse: null, off: false, failed: '' }
const state: NonNullable<Findings['state']> = {
  backend: 'tensorflow',
  source: 'TensorFlow wheel',
  version: '2.21.0',
  variant: 'cpu',
  machine: 'linux-x64',
  notes: [],
  at: '2026-01-01T00:00:00Z',
}
const absent = (note: string, cure: string): Partial<Findings> => ({
  kernels: noKernels,
  state: { ...state, kernels: { key: 'k', note, cure, at: state.at } },
})

test.each<[string, string, RegExp, RegExp, Partial<Findings>]>([
  ['in use', 'ok', /in use, for processors with AVX2; attention takes 25 % of the time/, /^$/, {}],
  [
    'in use and of no use',
    'warning',
    /attention takes 250 % of the time/,
    /DORA_STUDIO_KERNELS=0/,
    { kernels: { ...noKernels, inUse: { kind: 'avx2', speed: 0.4 } } },
  ],
  [
    'switched off',
    'warning',
    /DORA_STUDIO_KERNELS is 0/,
    /without DORA_STUDIO_KERNELS/,
    { kernels: { ...noKernels, off: true } },
  ],
  ['not compiled', 'warning', /not compiled yet/, /npm run setup/, { kernels: noKernels, state }],
  [
    'uncompilable',
    'warning',
    /rows\.cc does not compile/,
    /Install g\+\+/,
    absent('rows.cc does not compile', 'Install g++'),
  ],
  [
    'broken later',
    'warning',
    /cannot open/,
    /npm run setup/,
    { kernels: { ...noKernels, failed: 'cannot open' }, state },
  ],
  [
    'not to be had',
    'ok',
    /the official prebuilt library comes without/,
    /^$/,
    absent('the official prebuilt library comes without', ''),
  ],
  ['idle beside a GPU', 'ok', /the GPU computes/, /^$/, { test: { ...healthy.test, gpu: true } as Findings['test'] }],
  ['of no use to the portable backend', 'ok', /need the native library/, /^$/, portable],
])('whether the kernels are in use is told: %s', (_, status, found, cure, change) => {
  const line = find({ ...healthy, ...change }, 'kernels')
  expect(line.status).toBe(status)
  expect(line.found).toMatch(found)
  expect(line.cure).toMatch(cure)
})

const gpus = parseNvidiaSmi('NVIDIA L4, 550.54.15, 23034 MiB\n')

test('a GPU that TensorFlow uses is the device of the report', () => {
  const findings = { ...healthy, gpus, test: { ...healthy.test, gpu: true } } as Findings
  expect(reportOn(findings).device).toBe('NVIDIA L4')
  expect(find(findings, 'gpu').status).toBe('ok')
})

test('a GPU that lies idle is a warning', () => {
  const check = find({ ...healthy, gpus }, 'gpu')
  expect(check.status).toBe('warning')
  expect(check.found).toContain('NVIDIA L4, 23034 MiB, driver 550.54.15, but not used')
})

test('lines of nvidia-smi that are no GPU are passed over', () => {
  expect(parseNvidiaSmi('No devices were found\n\n')).toEqual([])
  expect(parseFreeMemory('1024\n 20480 \n')).toBe(20480 * 2 ** 20)
  expect(parseFreeMemory('[Not Supported]\n')).toBe(null)
})
