/** Small enough to stay in the second-level cache between reading and decoding; whole blocks of 64 values of every dtype. */
const PIECE_BYTES = 1 << 18

/** Memory for a piece of a file, and for the values in it if they are decoded (the smallest take two bytes). */
export type PieceMemory = { readonly bytes: Uint8Array<ArrayBuffer>; readonly values: Float32Array<ArrayBuffer> }

let spare: PieceMemory | null = null

/**
 * Lends memory for the time of a call. Made anew for each tensor its pages cost three times what decoding does; who reads
 * a tensor while another is being read has memory of their own.
 */
export function withPieceMemory(use: (memory: PieceMemory) => void): void {
  const memory = spare ?? { bytes: new Uint8Array(PIECE_BYTES), values: new Float32Array(PIECE_BYTES / 2) }
  spare = null
  try {
    use(memory)
  } finally {
    spare = memory
  }
}
