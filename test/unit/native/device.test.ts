import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { deviceEnvironment, noGpu } from '../../../main/native/device.ts'
import { detectMachine } from '../../../main/native/machine.ts'
import { cudaEnvironment } from '../../../main/native/state.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

test('the processor alone hides every GPU; auto and gpu hide none', () => {
  expect(deviceEnvironment({ device: 'cpu', xla: false }, {})).toEqual({ CUDA_VISIBLE_DEVICES: '-1' })
  for (const device of ['auto', 'gpu'] as const) expect(deviceEnvironment({ device, xla: false }, {})).toEqual({})
})

test('XLA is switched on by flags, and those of the user stand', () => {
  const flags = (env: NodeJS.ProcessEnv) => deviceEnvironment({ device: 'auto', xla: true }, env).TF_XLA_FLAGS
  expect(flags({})).toContain('--tf_xla_auto_jit=2')
  expect(flags({ TF_XLA_FLAGS: '--tf_xla_auto_jit=1' })).toBe('--tf_xla_auto_jit=1')
})

test('a GPU that is not there is told with what was found and the cure', () => {
  const machine = { platform: 'linux', arch: 'x64', nvidia: false }
  const told = (nvidia: boolean, visible?: string) => noGpu('CPU (TensorFlow 2.21.0)', { ...machine, nvidia }, visible)
  expect(told(false).data).toMatchObject({ code: 'native', message: /device: gpu.*CPU \(TensorFlow 2.21.0\)/ })
  expect(told(false).data.hint).toContain('no NVIDIA driver')
  expect(told(true).data.hint).toContain('npm run setup')
  expect(told(true, '-1').data.hint).toContain('CUDA_VISIBLE_DEVICES is "-1"')
  expect(told(true, '0').data.hint).toContain('npm run setup')
})

test('an NVIDIA card can be hidden and taken for granted', () => {
  vi.stubEnv('DORA_STUDIO_DEVICE', 'cpu')
  expect(detectMachine().nvidia).toBe(false)
  vi.stubEnv('DORA_STUDIO_DEVICE', 'cuda')
  expect(detectMachine().nvidia).toBe(true)
})

test('an engine finds the CUDA libraries of the wheels before those of the system', async () => {
  const installation = temporaryFolder()
  for (const name of ['cublas', 'cudnn']) mkdirSync(join(installation, 'nvidia', name, 'lib'), { recursive: true })
  mkdirSync(join(installation, 'nvidia', 'cuda_nvcc', 'bin'), { recursive: true })
  vi.stubEnv('LD_LIBRARY_PATH', '/system')
  vi.stubEnv('XLA_FLAGS', undefined)
  vi.stubEnv('TF_FORCE_GPU_ALLOW_GROWTH', undefined)
  const env = await cudaEnvironment(installation)
  const folders = env.LD_LIBRARY_PATH?.split(':') ?? []
  expect(new Set(folders.slice(0, -1))).toEqual(
    new Set(['cublas', 'cudnn'].map((name) => join(installation, 'nvidia', name, 'lib'))),
  )
  expect(folders.at(-1)).toBe('/system')
  expect(env.XLA_FLAGS).toBe(`--xla_gpu_cuda_data_dir=${join(installation, 'nvidia', 'cuda_nvcc')}`)
  expect(env.TF_FORCE_GPU_ALLOW_GROWTH).toBe('true')
})

test('memory of a GPU is taken as it is needed, unless the user says otherwise; without CUDA nothing is set', async () => {
  const installation = temporaryFolder()
  expect(await cudaEnvironment(installation)).toEqual({})
  mkdirSync(join(installation, 'nvidia'))
  vi.stubEnv('TF_FORCE_GPU_ALLOW_GROWTH', 'false')
  expect((await cudaEnvironment(installation)).TF_FORCE_GPU_ALLOW_GROWTH).toBe('false')
})
