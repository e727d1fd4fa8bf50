import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

const iris: MantineColorsTuple = [
  '#f1f1ff',
  '#e2e1ff',
  '#c5c3fc',
  '#a7a3f8',
  '#8b85f3',
  '#6f67ea',
  '#5f55e0',
  '#5247d0',
  '#4339b3',
  '#362e92',
]
const slate: MantineColorsTuple = [
  '#dfe3ea',
  '#c0c6d2',
  '#9aa3b4',
  '#6d7789',
  '#465063',
  '#333c4c',
  '#262e3b',
  '#1b222d',
  '#141a23',
  '#0e131a',
]

const sans =
  '-apple-system, BlinkMacSystemFont, "Segoe UI Variable Text", "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "Helvetica Neue", Arial, sans-serif'
const mono = 'ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace'

/** Look of the studio: one accent, cool greys, tight radii. */
export const theme = createTheme({
  colors: { iris, dark: slate },
  primaryColor: 'iris',
  primaryShade: { light: 7, dark: 6 },
  fontFamily: sans,
  fontFamilyMonospace: mono,
  headings: {
    fontFamily: sans,
    fontWeight: '650',
    sizes: { h1: { fontSize: '1.375rem' }, h2: { fontSize: '1.0625rem' }, h3: { fontSize: '0.9375rem' } },
  },
  defaultRadius: 'md',
  radius: { sm: '4px', md: '7px', lg: '10px' },
  cursorType: 'pointer',
  components: {
    Tooltip: { defaultProps: { openDelay: 250, withArrow: true } },
    // The first entry takes the focus; a placeholder for it is a child that a menu may not have.
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } },
    Modal: {
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.45 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
      styles: { title: { fontWeight: 650, overflowWrap: 'anywhere' } },
    },
    Paper: { defaultProps: { radius: 'lg', withBorder: true } },
  },
})

/** Colours that are the studio's own: canvas, quiet text with AA contrast, chart colours. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#596273',
    '--mantine-color-error': '#c22525',
    '--mantine-color-iris-light': '#eeedff',
    '--mantine-color-iris-light-hover': '#e2e0ff',
    '--mantine-color-teal-light': '#e2f6ee',
    '--mantine-color-teal-light-color': '#08684c',
    '--mantine-color-red-light': '#fdeeee',
    '--mantine-color-red-light-color': '#b51f1f',
    '--mantine-color-orange-light': '#fff2e3',
    '--mantine-color-orange-light-color': '#954400',
    '--mantine-color-gray-light': '#edf0f4',
    '--mantine-color-gray-light-color': '#4a5262',
    '--mantine-color-placeholder': '#6b7485',
    '--studio-canvas': '#f4f5f8',
    '--studio-card': '#ffffff',
    '--studio-raised': '#ffffff',
    '--studio-line': '#e1e4ea',
    '--studio-good': '#0b7a5b',
    '--studio-warning': '#a14a00',
    '--studio-danger': '#c22525',
    '--studio-demo-from': '#eceaff',
    '--studio-demo-to': '#fff3e2',
    '--chart-grid': '#e8ebf0',
    '--chart-1': '#5247d0',
    '--chart-2': '#b4570b',
    '--chart-3': '#0f7f74',
    '--chart-4': '#a8327e',
  },
  dark: {
    '--mantine-color-dimmed': '#9aa3b4',
    '--mantine-color-error': '#ff8a8a',
    '--mantine-color-iris-light': '#2a2750',
    '--mantine-color-iris-light-hover': '#322e62',
    '--mantine-color-iris-light-color': '#c9c5ff',
    '--mantine-color-teal-light': '#16352f',
    '--mantine-color-teal-light-color': '#7fe3c0',
    '--mantine-color-red-light': '#3d2228',
    '--mantine-color-red-light-color': '#ffaaaa',
    '--mantine-color-orange-light': '#3a2a1a',
    '--mantine-color-orange-light-color': '#ffc48a',
    '--mantine-color-gray-light': '#2a323f',
    '--mantine-color-gray-light-color': '#c0c6d2',
    '--mantine-color-placeholder': '#7f899b',
    '--studio-canvas': '#10151c',
    '--studio-card': '#181f29',
    '--studio-raised': '#222b38',
    '--studio-line': '#2a3340',
    '--studio-good': '#4fd1a0',
    '--studio-warning': '#ffab57',
    '--studio-danger': '#ff8a8a',
    '--studio-demo-from': '#242046',
    '--studio-demo-to': '#2b2420',
    '--chart-grid': '#28303c',
    '--chart-1': '#9d96ff',
    '--chart-2': '#ffab57',
    '--chart-3': '#4fd1c0',
    '--chart-4': '#f28fcb',
  },
})
