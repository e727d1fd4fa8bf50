/** Gives memory for the values of one tensor, at least as many bytes as asked for. */
export type Room = (bytes: number) => ArrayBuffer

/** New memory each time. */
export const freshRoom: Room = (bytes) => new ArrayBuffer(bytes)

/**
 * The same memory each time: what was read into it before is gone then. A model is read several times faster so, since
 * the system need not clear new pages for every tensor and small ones stay in the processor's cache.
 */
export function sharedRoom(): Room {
  let buffer = new ArrayBuffer(0)
  return (bytes) => {
    if (buffer.byteLength < bytes) buffer = new ArrayBuffer(bytes)
    return buffer
  }
}
