export type Scheme = 'light' | 'dark'

/** Ordered from the first layer to the last; every stop keeps 3:1 against the card it is drawn on. */
const RAMPS: Record<Scheme, readonly string[]> = {
  light: ['#4b2a8c', '#3a57a6', '#1f7f96', '#178a5e', '#6b8a10', '#b3740a'],
  dark: ['#a48bff', '#62a0ff', '#35c6cf', '#4fd68a', '#bede4e', '#ffcf4a'],
}

const channel = (hex: string, index: number): number => Number.parseInt(hex.slice(1 + 2 * index, 3 + 2 * index), 16)

function mix(a: string, b: string, share: number): string {
  const parts = [0, 1, 2].map((i) => Math.round(channel(a, i) + (channel(b, i) - channel(a, i)) * share))
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`
}

/** Colour of one of `count` ordered things. */
export function rampColour(index: number, count: number, scheme: Scheme): string {
  const ramp = RAMPS[scheme]
  const at = count < 2 ? 0 : (index / (count - 1)) * (ramp.length - 1)
  const low = Math.min(Math.floor(at), ramp.length - 2)
  return mix(ramp[low] as string, ramp[low + 1] as string, at - low)
}

/** The ramp as a CSS gradient, for legends. */
export const rampGradient = (scheme: Scheme): string => `linear-gradient(90deg, ${RAMPS[scheme].join(', ')})`
