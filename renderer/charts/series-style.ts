import type { Scheme } from '../theme/palette.ts'

/** Told apart by people with any colour vision: hue, lightness and dash all differ; each has 3:1 against its card. */
export const SERIES_COLOURS: Record<Scheme, readonly string[]> = {
  light: ['#0072b2', '#b8420a', '#00805e', '#b0308a', '#9c8300', '#1f2430', '#5f55e0'],
  dark: ['#56b4e9', '#ff9f5a', '#2fd0a5', '#f28fcb', '#f0e442', '#c9d1de', '#a9a4ff'],
}
const DASHES: readonly (string | undefined)[] = [undefined, '7 3', '2 3', '9 3 2 3', '12 4', '4 2 1 2', '1 2']

export type SeriesStyle = { readonly colour: string; readonly dash: string | undefined }

/** Look of one of a few unordered things: the runs of a comparison, the kinds of modules. */
export function seriesStyle(index: number, scheme: Scheme): SeriesStyle {
  const colours = SERIES_COLOURS[scheme]
  return { colour: colours[index % colours.length] as string, dash: DASHES[index % DASHES.length] }
}
