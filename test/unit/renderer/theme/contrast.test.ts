import { DEFAULT_THEME } from '@mantine/core'
import { expect, test } from 'vitest'
import { rampColour, type Scheme } from '../../../../renderer/theme/palette.ts'
import { cssVariables } from '../../../../renderer/theme/theme.ts'

const SCHEMES: readonly Scheme[] = ['light', 'dark']
const variables = cssVariables(DEFAULT_THEME)
const coloursOf = (scheme: Scheme): Readonly<Record<string, string>> => variables[scheme]
const colour = (scheme: Scheme, name: string): string => coloursOf(scheme)[name] ?? `${name} is not set`

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

const contrast = (a: string, b: string): number => {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

test('the contrast of black and white is 21', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5)
})

test('quiet text, errors and verdicts have AA contrast on canvas and card', () => {
  const texts = [
    '--mantine-color-dimmed',
    '--mantine-color-error',
    '--studio-good',
    '--studio-warning',
    '--studio-danger',
  ]
  for (const scheme of SCHEMES) {
    for (const text of texts) {
      for (const ground of ['--studio-canvas', '--studio-card']) {
        const value = contrast(colour(scheme, text), colour(scheme, ground))
        expect(value, `${text} on ${ground}, ${scheme}`).toBeGreaterThanOrEqual(4.5)
      }
    }
  }
})

test('text on tinted grounds has AA contrast, quiet text too', () => {
  for (const scheme of SCHEMES) {
    for (const tint of ['iris', 'teal', 'red', 'orange', 'gray']) {
      const ground = colour(scheme, `--mantine-color-${tint}-light`)
      const dimmed = contrast(colour(scheme, '--mantine-color-dimmed'), ground)
      expect(dimmed, `dimmed on ${tint}, ${scheme}`).toBeGreaterThanOrEqual(4.5)
      const own = coloursOf(scheme)[`--mantine-color-${tint}-light-color`]
      if (own !== undefined) expect(contrast(own, ground), `${tint}, ${scheme}`).toBeGreaterThanOrEqual(4.5)
    }
  }
})

test('every line of a chart has 3:1 contrast against its card', () => {
  for (const scheme of SCHEMES) {
    const card = colour(scheme, '--studio-card')
    const layers = Array.from({ length: 32 }, (_, i) => rampColour(i, 32, scheme))
    const lines = ['--chart-1', '--chart-2', '--chart-3', '--chart-4'].map((name) => colour(scheme, name))
    for (const line of [...layers, ...lines])
      expect(contrast(line, card), `${line}, ${scheme}`).toBeGreaterThanOrEqual(3)
  }
})

test('the ramp starts and ends at its ends, also for one layer', () => {
  expect(rampColour(0, 1, 'light')).toBe('#4b2a8c')
  expect([rampColour(0, 6, 'dark'), rampColour(5, 6, 'dark')]).toEqual(['#a48bff', '#ffcf4a'])
})
