import { expect, test } from 'vitest'
import { CPU_WHEELS, CUDA_WHEELS } from '../../../main/native/pins.ts'
import { announcedBytes, pipArguments, WANTED } from '../../../main/native/wheel.ts'

test('pip is told one exact file: hash, Python, platform, no dependencies', () => {
  const wheel = CPU_WHEELS['linux-x64']
  if (!wheel) throw new Error('linux-x64 has no wheel')
  const text = pipArguments(wheel, 'r.txt', 'out').join(' ')
  expect(text).toContain('--require-hashes -r r.txt -d out')
  expect(text).toContain('--implementation cp --abi cp311 --python-version 3.11 --platform manylinux_2_27_x86_64')
  expect(text).toContain('--no-deps')
  expect(text).toContain('--no-cache-dir')
})

test("NVIDIA's wheels are of any Python 3", () => {
  const wheel = CUDA_WHEELS['linux-x64']?.find(({ name }) => name === 'nvidia-cuda-runtime-cu12')
  if (!wheel) throw new Error('no CUDA runtime')
  expect(pipArguments(wheel, 'r.txt', 'out').join(' ')).toContain('--implementation py --abi none --python-version 3 ')
})

test.each([
  ['  Downloading tensorflow_cpu-2.21.0-cp311.whl (273.8 MB)\n', 273.8e6],
  ['Downloading x.whl (890 kB)', 890e3],
  ['Downloading x.whl (1.2 GB)', 1.2e9],
  ['Collecting tensorflow-cpu==2.21.0', null],
])('the size pip announces in %j is %j bytes', (text, bytes) => {
  expect(announcedBytes(text)).toBe(bytes)
})

test.each([
  ['tensorflow/libtensorflow_cc.so.2', true],
  ['tensorflow/libtensorflow_framework.2.dylib', true],
  ['tensorflow/include/tensorflow/c/c_api.h', true],
  ['tensorflow/include/tensorflow/core/platform/ctstring_internal.h', true],
  ['tensorflow/include/tsl/platform/ctstring.h', true],
  ['tensorflow/include/xla/tsl/c/tsl_status.h', true],
  ['nvidia/cublas/lib/libcublas.so.12', true],
  ['nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc', true],
  ['tensorflow/python/ops/nn.py', false],
  ['tensorflow/include/external/eigen/Eigen/Core', false],
  ['nvidia/cublas/include/cublas.h', false],
])('of a wheel, %s is kept: %j', (name, kept) => {
  expect(new RegExp(`^${WANTED}`).test(name)).toBe(kept)
})
