/** Where Mantine keeps the user's choice. */
export const SCHEME_KEY = 'dora-studio.colours'

/**
 * Sets the colour scheme before the first paint. Mantine's own script for this is inline, which the content security
 * policy forbids.
 */
export function applySchemeEarly(): void {
  const chosen = localStorage.getItem(SCHEME_KEY)
  const dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
}
