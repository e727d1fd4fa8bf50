import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ICNS_SIZES, icnsOf, icoOf } from '../../../resources/icons/containers.ts'

const icons = join(import.meta.dirname, '../../../resources/icons')
const read = (name: string) => readFileSync(join(icons, name))
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47])

/** Width and height from a PNG's first chunk. */
function sizeOf(png: Buffer): [number, number] {
  expect(png.subarray(0, 4)).toEqual(PNG)
  return [png.readUInt32BE(16), png.readUInt32BE(20)]
}

function readIco(ico: Buffer): number[] {
  expect([ico.readUInt16LE(0), ico.readUInt16LE(2)]).toEqual([0, 1])
  const count = ico.readUInt16LE(4)
  return Array.from({ length: count }, (_, index) => {
    const at = 6 + 16 * index
    const size = ico.readUInt8(at) || 256
    const offset = ico.readUInt32LE(at + 12)
    expect(sizeOf(ico.subarray(offset, offset + ico.readUInt32LE(at + 8)))).toEqual([size, size])
    return size
  })
}

function readIcns(icns: Buffer): number[] {
  expect(icns.toString('latin1', 0, 4)).toBe('icns')
  expect(icns.readUInt32BE(4)).toBe(icns.length)
  const widths: number[] = []
  for (let at = 8; at < icns.length; at += icns.readUInt32BE(at + 4)) widths.push(sizeOf(icns.subarray(at + 8))[0])
  return widths
}

describe('the pictures under version control', () => {
  test.each([16, 24, 32, 48, 64, 128, 256, 512])('linux/%i.png has the width its name says', (size) => {
    expect(sizeOf(read(`linux/${size}.png`))).toEqual([size, size])
  })
  test.each([
    ['tray.png', 22],
    ['tray@2x.png', 44],
    ['trayTemplate.png', 16],
    ['trayTemplate@2x.png', 32],
  ])('desktop/%s is %i wide', (name, size) => {
    expect(sizeOf(read(`desktop/${name}`))).toEqual([size, size])
  })
  test('icon.ico holds the sizes Windows asks for', () => {
    expect(readIco(read('icon.ico'))).toEqual([16, 24, 32, 48, 64, 256])
  })
  test('icon.icns holds all widths from 32 to 1024', () => {
    expect(new Set(readIcns(read('icon.icns')))).toEqual(new Set(ICNS_SIZES))
  })
})

test('what is written is what is read', () => {
  const png = (size: number) => {
    const bytes = Buffer.alloc(24)
    PNG.copy(bytes)
    bytes.writeUInt32BE(size, 16)
    bytes.writeUInt32BE(size, 20)
    return bytes
  }
  expect(readIco(icoOf([16, 256].map((size) => ({ size, png: png(size) }))))).toEqual([16, 256])
  expect(readIcns(icnsOf(png))).toEqual([32, 64, 128, 256, 256, 512, 512, 1024])
})
