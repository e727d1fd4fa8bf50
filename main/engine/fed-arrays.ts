type Fed = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>

/**
 * Four bytes off any boundary. TensorFlow copies what it is fed, unless it lies on a boundary of 64 bytes: that memory it
 * would go on using, and let go of on a thread of its own, where tfjs-node (4.22, DeallocTensor) deletes a reference of
 * Node's. Two threads that do so at once break the memory of the process.
 */
export const FED_OFFSET = 4

/** Zeros in memory that TensorFlow copies when they are fed. */
export const floatsToFeed = (length: number): Float32Array<ArrayBuffer> =>
  new Float32Array(new ArrayBuffer(FED_OFFSET + 4 * length), FED_OFFSET, length)

/** As {@link floatsToFeed}, of int32. */
export const intsToFeed = (length: number): Int32Array<ArrayBuffer> =>
  new Int32Array(new ArrayBuffer(FED_OFFSET + 4 * length), FED_OFFSET, length)

/** The values themselves if TensorFlow copies them when they are fed, else a copy of which that holds. */
export function toFeed(values: Float32Array | Int32Array): Float32Array | Int32Array {
  if (values.byteOffset % 8 !== 0) return values
  const copy: Fed = values instanceof Float32Array ? floatsToFeed(values.length) : intsToFeed(values.length)
  copy.set(values)
  return copy
}
