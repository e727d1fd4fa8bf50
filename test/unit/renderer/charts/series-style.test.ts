import { expect, test } from 'vitest'
import { seriesStyle } from '../../../../renderer/charts/series-style.ts'

/** Machado et al. 2009, severity 1, on linear RGB. */
const VISION = {
  full: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
} as const
const MOST_RUNS = 6

const linear = (hex: string): number[] =>
  [1, 3, 5].map((at) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  })
const seenAs = (hex: string, matrix: readonly number[]): number[] => {
  const rgb = linear(hex)
  return [0, 3, 6].map((row) =>
    Math.max(
      0,
      rgb.reduce((sum, c, i) => sum + c * (matrix[row + i] ?? 0), 0),
    ),
  )
}
const luminance = (hex: string): number => {
  const [r = 0, g = 0, b = 0] = linear(hex)
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}
const CARDS = { light: '#ffffff', dark: '#181f29' } as const

test.each(['light', 'dark'] as const)('the colours of runs have 3:1 against the %s card', (scheme) => {
  for (let i = 0; i < MOST_RUNS; i++) {
    const [high = 0, low = 0] = [luminance(seriesStyle(i, scheme).colour), luminance(CARDS[scheme])].sort(
      (a, b) => b - a,
    )
    expect((high + 0.05) / (low + 0.05), seriesStyle(i, scheme).colour).toBeGreaterThanOrEqual(3)
  }
})

test.each(['light', 'dark'] as const)('runs differ in colour to every kind of eye, and in dash (%s)', (scheme) => {
  const styles = Array.from({ length: MOST_RUNS }, (_, i) => seriesStyle(i, scheme))
  expect(new Set(styles.map(({ dash }) => dash)).size).toBe(MOST_RUNS)
  for (const matrix of Object.values(VISION)) {
    for (const [i, a] of styles.entries()) {
      for (const b of styles.slice(i + 1)) {
        const [p, q] = [seenAs(a.colour, matrix), seenAs(b.colour, matrix)]
        const distance = Math.hypot(...p.map((c, k) => c ** (1 / 2.2) - (q[k] ?? 0) ** (1 / 2.2)))
        expect(distance, `${a.colour} and ${b.colour}`).toBeGreaterThan(0.12)
      }
    }
  }
})
