import { deepStrictEqual } from 'node:assert/strict'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { decodeBf16, packBf16, roundedToBf16 } from '../../../../main/engine/bfloat16.ts'
import { openSafetensors } from '../../../../main/engine/formats/safetensors.ts'
import { writeSafetensors } from '../../../../main/engine/formats/write-safetensors.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { thrownBy } from '../thrown-by.ts'

const fixture = join(import.meta.dirname, '../../../fixtures/python.safetensors')
/** More than three pieces of what is decoded piece by piece, and odd. */
const SIZE = 200_001
const values = Float32Array.from({ length: SIZE }, (_, i) => Math.sin(i) * 2 ** (i % 40))

async function fileOf(dtype: 'F32' | 'BF16') {
  const path = join(temporaryFolder(), 'one.safetensors')
  await writeSafetensors(path, [{ name: 'x', dtype, shape: [SIZE], data: values }])
  return openSafetensors(path)
}

/** Memory that was used before, behind other values and before more, which must stay. */
const floats = (length: number) => new Float32Array(length + 2).fill(5).subarray(1, length + 1)
const words = (length: number) => new Int32Array(length + 2).fill(-5).subarray(1, length + 1)
const around = ({ buffer, length }: Float32Array | Int32Array) => {
  const all = new Int32Array(buffer)
  return [all[0], all[length + 1]]
}

test.each(['F32', 'BF16'] as const)('a tensor of %s is read into memory that is given', async (dtype) => {
  const file = await fileOf(dtype)
  const into = floats(SIZE)
  const before = around(into)
  expect(file.readFloat32('x', into)).toBe(into)
  deepStrictEqual(into, dtype === 'F32' ? values : roundedToBf16(values))
  expect(around(into)).toEqual(before)
  file.close()
})

test.each(['F32', 'BF16'] as const)(
  'a tensor of %s is read into memory as BF16, the last half word zero',
  async (dtype) => {
    const file = await fileOf(dtype)
    const into = words((SIZE + 1) / 2)
    expect(file.readBf16('x', into)).toBe(into)
    deepStrictEqual(into, packBf16(values))
    expect(around(into)).toEqual([-5, -5])
    deepStrictEqual(file.readBf16('x'), into)
    file.close()
  },
)

test('every dtype of floats is the same in given memory and in memory of its own', () => {
  const file = openSafetensors(fixture)
  for (const name of ['layer.f64', 'layer.f32', 'layer.f16', 'layer.bf16']) {
    expect(file.readFloat32(name, floats(12)), name).toEqual(file.readFloat32(name))
    expect(file.readBf16(name, words(6)), name).toEqual(packBf16(file.readFloat32(name)))
  }
  file.close()
})

test.each(['F32', 'BF16'] as const)('a tensor of %s is read in pieces of whole blocks', async (dtype) => {
  const file = await fileOf(dtype)
  const wanted = file.readFloat32('x')
  let next = 0
  file.readPieces('x', (piece, at) => {
    expect([at, at % 64]).toEqual([next, 0])
    // Whoever reads meanwhile takes nothing away.
    file.readPieces('x', () => {})
    expect(piece).toEqual(wanted.subarray(at, at + piece.length))
    next += piece.length
  })
  expect(next).toBe(SIZE)
  file.close()
})

test('pieces of every dtype are its values, and a fault in between leaves the next reading as it was', () => {
  const file = openSafetensors(fixture)
  for (const name of ['layer.f64', 'layer.f32', 'layer.f16', 'layer.bf16']) {
    expect(() =>
      file.readPieces(name, () => {
        throw new Error('enough')
      }),
    ).toThrow('enough')
    const pieces: Float32Array[] = []
    file.readPieces(name, (piece) => pieces.push(piece.slice()))
    expect(pieces, name).toEqual([file.readFloat32(name)])
  }
  expect(thrownBy(() => file.readPieces('ids.i64', () => {}))).toMatchObject({ code: 'bad-tensor' })
  file.close()
})

test.each([0, 1, 7, 8, 9, 31])('%i bits of BF16 are decoded wherever they lie', (length) => {
  const bits = Uint16Array.from({ length: length + 3 }, (_, i) => 0x3f80 + 977 * i)
  for (const begin of [0, 1, 2, 3]) {
    const decoded = new Float32Array(length)
    decodeBf16(bits.subarray(begin, begin + length), decoded)
    const view = new Uint32Array(decoded.buffer)
    expect([...view]).toEqual([...bits.subarray(begin, begin + length)].map((b) => (b << 16) >>> 0))
  }
})

test('memory of another size is refused, and so are integers', () => {
  const file = openSafetensors(fixture)
  expect(thrownBy(() => file.readFloat32('layer.f32', new Float32Array(11)))).toMatchObject({
    code: 'internal',
    message: /"layer.f32" has 12 values.*has 11/,
  })
  expect(thrownBy(() => file.readBf16('layer.f32', new Int32Array(12)))).toMatchObject({ code: 'internal' })
  expect(thrownBy(() => file.readBf16('ids.i64'))).toMatchObject({ code: 'bad-tensor', message: /I64, wanted F32/ })
  file.close()
})
