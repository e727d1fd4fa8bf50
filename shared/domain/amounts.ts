export const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Bytes in decimal units, as disks are sold, with three digits: `12.3 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit += 1
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${BYTE_UNITS[unit]}`
}

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** 8,192 */
export const formatCount = (value: number): string => grouped.format(value)

/** A share from 0 to 1 as per cent: `73.1%`. */
export const formatPercent = (share: number): string => `${(100 * share).toFixed(1)}%`
