import { copyFileSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openSafetensors } from '../../../../main/engine/formats/safetensors.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { thrownBy } from '../thrown-by.ts'
import { rawSafetensors } from './raw-safetensors.ts'

const fixture = join(import.meta.dirname, '../../../fixtures/python.safetensors')
const ramp = Array.from({ length: 12 }, (_, i) => i * 0.37 - 1.9)
const faultOf = (header: unknown, dataBytes = 0) => thrownBy(() => openSafetensors(rawSafetensors(header, dataBytes)))
const entry = (dtype: unknown, shape: unknown, begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
})

test('a file written by Python is read, whatever its float dtype', () => {
  const file = openSafetensors(fixture)
  expect(file.metadata).toEqual({ format: 'pt' })
  expect(file.tensors.get('layer.bf16')).toMatchObject({ dtype: 'BF16', shape: [3, 4] })
  expect(file.readFloat32('layer.f32')).toEqual(Float32Array.from(ramp))
  expect(file.readFloat32('layer.f64')).toEqual(Float32Array.from(ramp))
  file.readFloat32('layer.bf16').forEach((x, i) => {
    expect(Math.abs(x - (ramp[i] as number))).toBeLessThanOrEqual(2 ** -8 * Math.abs(x) + 1e-9)
  })
  file.readFloat32('layer.f16').forEach((x, i) => {
    expect(Math.abs(x - (ramp[i] as number))).toBeLessThanOrEqual(2 ** -11 * Math.abs(x) + 1e-9)
  })
  expect([...file.readFloat32('scalar')]).toEqual([2.5])
  expect(file.readFloat32('empty').length).toBe(0)
  expect([...new BigInt64Array(file.readRaw('ids.i64').buffer)]).toEqual([-3n, -2n, -1n, 0n, 1n, 2n])
  file.close()
})

test('an unknown name and an integer tensor are refused by name', () => {
  const file = openSafetensors(fixture)
  expect(thrownBy(() => file.readFloat32('layer.x'))).toMatchObject({ code: 'bad-tensor', message: /"layer.x"/ })
  expect(thrownBy(() => file.readFloat32('ids.i64'))).toMatchObject({ code: 'bad-tensor', message: /I64, wanted F32/ })
  file.close()
})

test('a missing file and a folder are told apart', () => {
  const folder = temporaryFolder()
  expect(thrownBy(() => openSafetensors(join(folder, 'none')))).toMatchObject({
    code: 'bad-file',
    message: /no such file/,
  })
  expect(thrownBy(() => openSafetensors(folder))).toMatchObject({ code: 'bad-file', message: /folder/ })
})

test('wherever a file is cut off, the error says so and names the sizes', () => {
  const path = join(temporaryFolder(), 'cut.safetensors')
  for (const size of [0, 7, 100, 700, 827]) {
    copyFileSync(fixture, path)
    truncateSync(path, size)
    const { code, message } = thrownBy(() => openSafetensors(path))
    expect(code).toBe('bad-file')
    expect(message).toContain(path)
    expect(message).toContain(`${size} bytes`)
  }
  const { message, details } = thrownBy(() => openSafetensors(path))
  expect(message).toMatch(/the file has 827 bytes, wanted 828: it is truncated \(tensor "layer.f16" cut off\)/)
  expect(details).toHaveLength(1)
})

test('a header that is huge, no JSON, no object or no UTF-8 is refused', () => {
  const path = rawSafetensors({}, 0)
  expect(openSafetensors(path).tensors.size).toBe(0)
  expect(faultOf('{"a":').message).toMatch(/not valid JSON/)
  expect(faultOf('[]').message).toMatch(/not a JSON object/)
  expect(faultOf({ __metadata__: { a: 1 } }).message).toMatch(/__metadata__/)
})

test('all faulty tensors are listed, each with what was got and wanted', () => {
  const fault = faultOf(
    {
      good: entry('F32', [2], 0, 8),
      strange: entry('F3', [2], 8, 16),
      negative: entry('F32', [-1], 8, 16),
      deep: entry('F32', [1, 1, 1, 1, 1, 1, 1, 1, 1], 8, 12),
      short: entry('BF16', [3, 4], 8, 16),
      vast: entry('F64', [2 ** 40, 2 ** 40], 8, 16),
      none: 5,
    },
    16,
  )
  expect(fault.code).toBe('bad-file')
  expect(fault.details).toHaveLength(6)
  expect(fault.details[0]).toMatch(/"strange": dtype is "F3", wanted one of F32, BF16/)
  expect(fault.details[2]).toMatch(/9 dimensions, at most 8/)
  expect(fault.details[3]).toMatch(/hold 8 bytes, BF16 \[3, 4\] needs 24/)
})

test('tensors that overlap, leave holes or do not fill the file are refused', () => {
  const first = entry('F32', [2], 0, 8)
  expect(faultOf({ a: first, b: entry('F32', [2], 4, 12) }, 12).message).toMatch(/"b" overlaps "a"/)
  expect(faultOf({ a: first, b: entry('F32', [2], 12, 20) }, 20).message).toMatch(/4 bytes before tensor "b"/)
  expect(faultOf({ a: first }, 12).message).toMatch(/its header speaks of/)
})
