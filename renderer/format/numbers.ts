import { hubPlace } from '../../shared/domain/hub.ts'

export { formatCount } from '../../shared/domain/amounts.ts'

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 })

/** A loss: four decimals, fewer above 100 so that columns stay narrow. */
export const formatLoss = (value: number): string => value.toFixed(Math.abs(value) >= 100 ? 1 : 4)

/** 6.05M, 8.19K */
export const formatCompact = (value: number): string => compact.format(value)

/** Significant digits without trailing zeros; exponents outside 0.001 to 100,000. */
export function formatNumber(value: number, digits = 3): string {
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 1e-3 || size >= 1e5)
    return value
      .toExponential(Math.max(0, digits - 1))
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e')
  return String(Number(value.toPrecision(digits)))
}

/** 0.8 s, 42 s, 4 min 12 s, 1 h 03 min, 2 d 04 h. Milliseconds in. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return pair(whole, 60, 'min', 's')
  const minutes = Math.floor(whole / 60)
  return minutes < 1440 ? pair(minutes, 60, 'h', 'min') : pair(Math.floor(minutes / 60), 24, 'd', 'h')
}

const pair = (amount: number, base: number, big: string, small: string): string =>
  `${Math.floor(amount / base)} ${big} ${String(amount % base).padStart(2, '0')} ${small}`

const partsOf = (path: string): string[] => path.split(/[\\/]/).filter(Boolean)

/** Last part of a path of either kind of system. */
export const fileName = (path: string): string => partsOf(path).at(-1) ?? path

/** Folder names that say nothing without the folder above. */
const GENERIC = new Set(['model', 'models', 'base', 'merged', 'checkpoint'])

/** Name of a model by its folder: that on the hub, else the last part, with the one above where the last says nothing. */
export function modelName(path: string): string {
  const place = hubPlace(path)
  if (place) return place.repo
  const parts = partsOf(path)
  const last = parts.at(-1) ?? path
  return GENERIC.has(last.toLowerCase()) && parts.length > 1 ? `${parts.at(-2)}/${last}` : last
}
