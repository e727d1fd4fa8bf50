import { join, resolve } from 'node:path'
import { build, type Plugin } from 'vite'

const root = resolve(import.meta.dirname, '../..')

/** `:where(x)` to `x`: Chromium 83 drops every rule with it. Specificity grows, which is good enough to see and to click. */
export function withoutWhere(css: string): string {
  let text = css
  for (let start = text.indexOf(':where('); start >= 0; start = text.indexOf(':where(')) {
    let depth = 0
    let end = start + 6
    for (; end < text.length; end++) {
      if (text[end] === '(') depth++
      if (text[end] === ')' && --depth === 0) break
    }
    text = text.slice(0, start) + text.slice(start + 7, end) + text.slice(end + 1)
  }
  return text
}

const polyfilled: Plugin = {
  name: 'old-chromium',
  enforce: 'pre',
  transform: (code, id) =>
    id.endsWith('renderer/main.tsx')
      ? `import ${JSON.stringify(join(import.meta.dirname, 'old-chromium.ts'))}\n${code}`
      : null,
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type === 'asset' && file.fileName.endsWith('.css')) file.source = withoutWhere(String(file.source))
    }
  },
}

/** The same page for the Electron tests can run, Chromium 83, into `outDir`. */
export async function buildOldPage(outDir: string): Promise<void> {
  await build({
    configFile: join(root, 'renderer/vite.config.ts'),
    logLevel: 'warn',
    plugins: [polyfilled],
    build: { outDir, emptyOutDir: true, target: 'chrome83', cssTarget: 'chrome83', chunkSizeWarningLimit: 5000 },
  })
}
