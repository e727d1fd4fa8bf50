import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { isLibraryNoise } from '../../../main/native/library-noise.ts'
import { loadTensorflow } from '../../../main/native/load-tensorflow.ts'
import { tensorflowDevice } from '../../../main/native/tensorflow-device.ts'

test('libtensorflow loads, multiplies, and tells its version', async () => {
  const tf = await loadTensorflow()
  const product = tf.matMul(tf.ones([3, 4]), tf.ones([4, 2]))
  expect([...product.dataSync()]).toEqual(Array.from({ length: 6 }, () => 4))
  expect(tensorflowDevice(tf).version).toMatch(/^2\.\d+\.\d+/)
})

test('what newer Nodes took out of util is back for tfjs', async () => {
  await loadTensorflow()
  const util: Record<string, (value: unknown) => boolean> = createRequire(import.meta.url)('node:util')
  expect([null, undefined, 0].map((value) => util.isNullOrUndefined?.(value))).toEqual([true, true, false])
  expect(util.isArray?.([])).toBe(true)
})

test("the library's unavoidable lines are told from real messages", () => {
  expect(isLibraryNoise('WARNING: All log messages before absl::InitializeLog() is called are written to STDERR')).toBe(
    true,
  )
  expect(isLibraryNoise('I0000 00:00:1.2 9 port.cc:153] oneDNN custom operations are on. You may see')).toBe(true)
  expect(isLibraryNoise('E0000 00:00:1.2 9 op.cc:1] out of memory')).toBe(false)
})
