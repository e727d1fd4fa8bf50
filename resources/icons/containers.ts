/** A square PNG and its width in pixels. */
export type Picture = { readonly size: number; readonly png: Buffer }

const HEADER = 6
const ENTRY = 16

/** A Windows .ico of whole PNGs, which Windows reads since Vista. */
export function icoOf(pictures: readonly Picture[]): Buffer {
  const head = Buffer.alloc(HEADER + ENTRY * pictures.length)
  head.writeUInt16LE(1, 2)
  head.writeUInt16LE(pictures.length, 4)
  let offset = head.length
  pictures.forEach(({ size, png }, index) => {
    const at = HEADER + ENTRY * index
    // One byte each for width and height; 0 says 256.
    head.writeUInt8(size % 256, at)
    head.writeUInt8(size % 256, at + 1)
    head.writeUInt16LE(1, at + 4)
    head.writeUInt16LE(32, at + 6)
    head.writeUInt32LE(png.length, at + 8)
    head.writeUInt32LE(offset, at + 12)
    offset += png.length
  })
  return Buffer.concat([head, ...pictures.map(({ png }) => png)])
}

/** Apple's names of the PNG entries, by width; the retina ones repeat a width. */
const ICNS_TYPES: Readonly<Record<string, number>> = {
  ic11: 32,
  ic12: 64,
  ic07: 128,
  ic13: 256,
  ic08: 256,
  ic14: 512,
  ic09: 512,
  ic10: 1024,
}

export const ICNS_SIZES = [...new Set(Object.values(ICNS_TYPES))]

function icnsEntry(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.write(type, 'latin1')
  head.writeUInt32BE(8 + body.length, 4)
  return Buffer.concat([head, body])
}

/** A macOS .icns; `pngOf` gives the picture of a width. */
export function icnsOf(pngOf: (size: number) => Buffer): Buffer {
  const entries = Object.entries(ICNS_TYPES).map(([type, size]) => icnsEntry(type, pngOf(size)))
  return icnsEntry('icns', Buffer.concat(entries))
}
