import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeBf16, encodeBf16 } from '../../../../main/engine/bfloat16.ts'
import { decodeF16, encodeF16 } from '../../../../main/engine/formats/dtype.ts'

const formats = {
  bf16: { encode: encodeBf16, decode: decodeBf16, infinity: 0x7f80 },
  f16: { encode: encodeF16, decode: decodeF16, infinity: 0x7c00 },
}

for (const [name, { encode, decode, infinity }] of Object.entries(formats)) {
  const decoded = (bits: Uint16Array) => {
    const values = new Float32Array(bits.length)
    decode(bits, values)
    return values
  }
  const value = (bits: number) => decoded(Uint16Array.of(bits))[0] as number

  test(`every ${name} value survives decoding and encoding`, () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, i) => i)
    const values = decoded(all)
    const again = encode(values)
    const isNaNBits = (bits: number) => (bits & 0x7fff) > infinity
    const changed = all.filter((bits) => again[bits] !== bits && !(isNaNBits(bits) && isNaNBits(again[bits] as number)))
    expect([...changed]).toEqual([])
    expect(values.filter(Number.isNaN)).toHaveLength(all.filter(isNaNBits).length)
  })

  test(`encoding to ${name} takes the nearest value, the even one of two`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: infinity - 2 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (below, share) => {
          const [low, high] = [value(below), value(below + 1)]
          const x = Math.fround(low + share * (high - low))
          const got = encode(Float32Array.of(x, -x))
          const even = below % 2 === 0 ? below : below + 1
          const wanted = x - low === high - x ? even : x - low < high - x ? below : below + 1
          expect([...got]).toEqual([wanted, wanted | 0x8000])
        },
      ),
      { numRuns: 2000 },
    )
  })

  test(`encoding to ${name} keeps infinities, signed zeros and NaN, and overflows to infinity`, () => {
    const inputs = Float32Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0, 3.4028234e38)
    expect([...encode(inputs)]).toEqual([infinity, infinity | 0x8000, 0, 0x8000, infinity])
    // NaNs whose payload sits in bits that are cut off must not turn into infinity.
    const nans = new Float32Array(Uint32Array.of(0x7f800001, 0xff800001, 0x7fffffff).buffer)
    for (const bits of encode(nans)) expect(bits & 0x7fff).toBeGreaterThan(infinity)
  })
}

test('the smallest half, the tie below it and the largest are rounded as IEEE 754 says', () => {
  expect([
    ...encodeF16(Float32Array.of(2 ** -24, 2 ** -25, 2 ** -25 * 1.001, 2 ** -14, 65_504, 65_519, 65_520)),
  ]).toEqual([1, 0, 1, 0x0400, 0x7bff, 0x7bff, 0x7c00])
})

test('bfloat16 is written the same at any place, in words or not', () => {
  const values = Float32Array.from({ length: 101 }, (_, i) => (i === 7 ? Number.NaN : i === 8 ? -1e39 : Math.tan(i)))
  const memory = new Uint16Array(103)
  expect(encodeBf16(values, memory.subarray(1, 102))).toEqual(encodeBf16(values))
  expect([memory[0], memory[102]]).toEqual([0, 0])
})
