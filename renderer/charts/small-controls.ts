/** Controls in the legend row of a chart, 22 pixels high. */
export const SMALL_CONTROL = {
  size: 'xs',
  styles: { label: { padding: '0 8px', lineHeight: '18px' }, root: { padding: 2 } },
} as const

export const SMALL_SELECT = {
  size: 'xs',
  w: 112,
  styles: { input: { height: 24, minHeight: 24, lineHeight: '22px', paddingBlock: 0, paddingInlineStart: 8 } },
} as const
