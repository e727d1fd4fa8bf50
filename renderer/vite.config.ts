import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const root = import.meta.dirname

/** Node's, when vite reads this file; the page has none. */
declare const process: { readonly env: Record<string, string | undefined> }
// A build that a test runner starts would otherwise hold React's development version: three times as slow.
process.env.NODE_ENV = 'production'

/** Relative base: the same files are served over HTTP by `serve` and read from disk by Electron. */
const config = defineConfig({
  root,
  base: './',
  publicDir: `${root}/../resources/icons/public`,
  plugins: [react()],
  build: {
    outDir: `${root}/../dist/renderer`,
    emptyOutDir: true,
    // Inlined assets would be data: URLs, which the page's content security policy forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
})

// vite reads its configuration from the default export.
export { config as default }
