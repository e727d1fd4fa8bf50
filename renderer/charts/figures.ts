import { BYTE_UNITS, formatBytes, formatPercent } from '../../shared/domain/amounts.ts'
import { formatCompact, formatCount, formatDuration, formatNumber } from '../format/numbers.ts'

/** How a metric is written: one value, and the labels of its axis, which are read against each other. */
export type Figures = {
  readonly text: (value: number) => string
  readonly ticks: (ticks: readonly number[]) => readonly string[]
}

const largest = (ticks: readonly number[]): number => Math.max(0, ...ticks.map(Math.abs))

/** Decimals that tell evenly spaced labels apart; null where they are not even, as on a logarithmic axis. */
function decimalsOf(ticks: readonly number[]): number | null {
  const step = (ticks[1] ?? 0) - (ticks[0] ?? 0)
  const even = ticks.every((tick, i) => i === 0 || Math.abs(tick - (ticks[i - 1] ?? 0) - step) < 1e-6 * step)
  return step > 0 && even ? Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) : null
}

/** The same decimals in all labels; zero stays bare. `single` writes what decimals would make too long. */
function evenTexts(ticks: readonly number[], single: (tick: number) => string): string[] {
  const decimals = decimalsOf(ticks)
  if (decimals === null || decimals > 4 || largest(ticks) >= 1e5) return ticks.map(single)
  return ticks.map((tick) => (tick === 0 ? '0' : tick.toFixed(decimals)))
}

const numbers = (digits: number): Figures => {
  const text = (value: number) => formatNumber(value, digits)
  return { text, ticks: (ticks) => evenTexts(ticks, text) }
}

/** All labels in one unit of size `size`. */
function inUnit(ticks: readonly number[], size: number, unit: string): string[] {
  const texts = evenTexts(
    ticks.map((tick) => tick / size),
    (value) => formatNumber(value),
  )
  return texts.map((text) => (text === '0' ? text : `${text} ${unit}`))
}

export const NUMBERS = numbers(3)
export const LOSSES = numbers(4)
/** Gains differ from 1 in their later digits. */
export const GAINS = numbers(5)

export const COUNTS: Figures = {
  text: (value) => (value < 1e5 ? formatCount(value) : formatCompact(value)),
  ticks: (ticks) => ticks.map(formatCompact),
}

export const SHARES: Figures = {
  text: formatPercent,
  ticks: (ticks) => ticks.map((share) => `${Number((100 * share).toFixed(1))}%`),
}

export const BYTES: Figures = {
  text: formatBytes,
  ticks(ticks) {
    const power = Math.min(BYTE_UNITS.length - 1, Math.floor(Math.log10(Math.max(1, largest(ticks))) / 3))
    return inUnit(ticks, 1000 ** power, BYTE_UNITS[power] ?? '')
  },
}

export const SECONDS: Figures = {
  text: (value) => (value < 1 ? `${Math.round(1000 * value)} ms` : formatDuration(1000 * value)),
  ticks: (ticks) => (largest(ticks) < 1 ? inUnit(ticks, 1e-3, 'ms') : inUnit(ticks, 1, 's')),
}
