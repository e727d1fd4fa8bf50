/**
 * Seeded uniform numbers in [0, 1), 32 bits each: xoshiro128** (Blackman and Vigna, 2018). The same seed and stream give
 * the same numbers on every machine; streams of one seed are independent of each other.
 */
export function seededRandom(seed: number, stream: string): () => number {
  let [a, b, c, d] = stateOf(`${seed}/${stream}`)
  return () => {
    const scrambled = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9)
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotateLeft(d, 11)
    return (scrambled >>> 0) / 2 ** 32
  }
}

/** Standard normal numbers drawn from uniform ones (Box-Muller, both of each pair used). */
export function gaussian(random: () => number): () => number {
  let spare: number | null = null
  return () => {
    if (spare !== null) {
      const value = spare
      spare = null
      return value
    }
    // 1 - u is never 0, so the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - random()))
    const angle = 2 * Math.PI * random()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}

/** A shuffled copy (Fisher-Yates), each order equally likely. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const copy = [...items]
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const kept = copy[i] as T
    copy[i] = copy[j] as T
    copy[j] = kept
  }
  return copy
}

/** A whole number from 0 to 2^31 - 1 that stands for a stream's name. */
export const streamNumber = (stream: string): number => stateOf(stream)[0] >>> 1

const rotateLeft = (x: number, k: number) => (x << k) | (x >>> (32 - k))

/** Four 32-bit words from a text: FNV-1a with four offsets, each finished with murmur3's mixer. */
function stateOf(text: string): [number, number, number, number] {
  const word = (offset: number) => {
    let hash = offset
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    return mix(hash ^ offset)
  }
  // xoshiro must not start at all zeros.
  return [word(0x811c9dc5), word(0x9e3779b9), word(0x7f4a7c15), word(0x94d049bb) | 1]
}

function mix(x: number): number {
  const y = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  const z = Math.imul(y ^ (y >>> 13), 0xc2b2ae35)
  return z ^ (z >>> 16)
}
