import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decodeF16, encodeF16 } from '../../../../main/engine/formats/dtype.ts'
import type { GgufMetadata } from '../../../../main/engine/formats/gguf/gguf-format.ts'
import { decodeQ8, encodeQ8 } from '../../../../main/engine/formats/gguf/q8-0.ts'
import { openGguf } from '../../../../main/engine/formats/gguf/read-gguf.ts'
import { type GgufTensor, writeGguf } from '../../../../main/engine/formats/gguf/write-gguf.ts'
import { seededRandom } from '../../../../main/engine/random.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { rejectionOf, thrownBy } from '../thrown-by.ts'

const METADATA: GgufMetadata = new Map([
  ['a.text', { type: 'string', value: 'é' }],
  ['b.count', { type: 'u32', value: 7 }],
  ['c.flag', { type: 'bool', value: true }],
  ['d.list', { type: 'array', of: 'i32', values: [-1, 2] }],
])

const tensor = (name: string, shape: number[], type: GgufTensor['type'], values: Float32Array): GgufTensor => ({
  name,
  shape,
  type,
  data: () => values,
})

async function written(tensors: readonly GgufTensor[], metadata = METADATA): Promise<string> {
  const path = join(temporaryFolder(), 'model.gguf')
  await writeGguf(path, metadata, tensors)
  return path
}

const u32 = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >>> 24) & 255]
const u64 = (value: number) => [...u32(value), 0, 0, 0, 0]
const text = (value: string) => [...u64(Buffer.byteLength(value)), ...Buffer.from(value)]

test('the bytes are those of the specification: header, keys, reversed dimensions, data at multiples of 32', async () => {
  const path = await written([
    tensor('w', [2, 3], 'F32', Float32Array.of(1, 2, 3, 4, 5, 6)),
    tensor('n', [1], 'F16', Float32Array.of(1)),
  ])
  const head = [
    ...Buffer.from('GGUF'),
    ...u32(3),
    ...u64(2),
    ...u64(4),
    ...[...text('a.text'), ...u32(8), ...text('é')],
    ...[...text('b.count'), ...u32(4), ...u32(7)],
    ...[...text('c.flag'), ...u32(7), 1],
    ...[...text('d.list'), ...u32(9), ...u32(5), ...u64(2), ...u32(-1), ...u32(2)],
    ...[...text('w'), ...u32(2), ...u64(3), ...u64(2), ...u32(0), ...u64(0)],
    ...[...text('n'), ...u32(1), ...u64(1), ...u32(1), ...u64(32)],
  ]
  const fill = (bytes: number[]) => [...bytes, ...new Array<number>((32 - (bytes.length % 32)) % 32).fill(0)]
  const floats = [...new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)]
  expect([...readFileSync(path)]).toEqual([...fill(head), ...fill(floats), ...fill([0x00, 0x3c])])
})

test('what was written is read back', async () => {
  const values = Float32Array.from({ length: 64 }, (_, i) => i - 20)
  const path = await written([tensor('w', [2, 32], 'Q8_0', values), tensor('b', [64], 'BF16', values)])
  const file = openGguf(path)
  expect(file.metadata).toEqual(METADATA)
  expect([...file.tensors.values()].map(({ name, shape, type }) => [name, shape, type])).toEqual([
    ['w', [2, 32], 'Q8_0'],
    ['b', [64], 'BF16'],
  ])
  expect(file.readFloat32('b')).toEqual(values)
  expect(file.readFloat32('w')).toEqual(decodeQ8(encodeQ8(values)))
  file.close()
})

test('Q8_0 rounds as the formula says, ties away from zero, and a block of zeros stays one', () => {
  const random = seededRandom(3, 'q8')
  const values = Float32Array.from({ length: 320 }, (_, i) =>
    i < 32 ? 0 : (random() - 0.5) * (i < 64 ? 1 : 10 ** (i % 5)),
  )
  // With 127 as the largest the scale is 1, and halves are ties.
  values.set([127, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, -127], 32)
  const bytes = encodeQ8(values)
  expect(bytes.length).toBe(340)
  const half = new Float32Array(1)
  for (let block = 0; block < 10; block++) {
    const own = values.subarray(32 * block, 32 * block + 32)
    const scale = Math.fround(Math.max(...own.map(Math.abs)) / 127)
    decodeF16(Uint16Array.of((bytes[34 * block] as number) | ((bytes[34 * block + 1] as number) << 8)), half)
    expect(encodeF16(half)).toEqual(encodeF16(Float32Array.of(scale)))
    own.forEach((value, k) => {
      const exact = scale === 0 ? 0 : Math.fround(value * Math.fround(1 / scale))
      const code = Math.sign(exact) * Math.floor(Math.abs(exact) + 0.5)
      expect(new Int8Array(bytes.buffer)[34 * block + 2 + k]).toBe(code + 0)
    })
  }
  const codes = [...new Int8Array(bytes.buffer, 36, 8)]
  expect(codes).toEqual([127, 1, -1, 2, -2, 3, -3, -127])
})

test('what cannot be a tensor is refused, and a failed file is gone', async () => {
  const uneven = await rejectionOf(written([tensor('w', [2, 33], 'Q8_0', new Float32Array(66))]))
  expect(uneven.message).toContain('"w" [2,33] cannot be written as Q8_0')
  const short = await rejectionOf(written([tensor('w', [2], 'F32', new Float32Array(3))]))
  expect(short.message).toContain('was given 3 values')
})

test('files that are no GGUF, or not all of one, are told of', async () => {
  const path = await written([tensor('w', [64], 'F32', new Float32Array(64))])
  truncateSync(path, readFileSync(path).length - 32)
  expect(thrownBy(() => openGguf(path)).message).toContain(
    'tensor "w" ends behind the end of the file: it is truncated',
  )
  truncateSync(path, 40)
  expect(thrownBy(() => openGguf(path)).message).toContain('the file ends at byte 40')
  writeFileSync(path, Buffer.from('{"a": 1, "b": 2, "c": 3}'))
  expect(thrownBy(() => openGguf(path)).message).toContain('a GGUF file with 0x46554747')
  const huge = Buffer.from([...Buffer.from('GGUF'), ...u32(3), ...new Array<number>(8).fill(255), ...u64(0)])
  writeFileSync(path, huge)
  expect(thrownBy(() => openGguf(path)).message).toContain('the number of tensors is 18446744073709551615')
})
