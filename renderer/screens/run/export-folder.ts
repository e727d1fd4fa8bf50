import type { ExportKind } from '../../../shared/domain/export.ts'

/** A run's name as part of a file name. */
export const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60) || 'run'

/** A path in the data folder, in the style of the host's system. */
export function pathIn(dataFolder: string, ...parts: readonly string[]): string {
  const separator = dataFolder.includes('\\') ? '\\' : '/'
  return [dataFolder.replace(/[\\/]+$/, ''), ...parts].join(separator)
}

/** A folder in the data folder, named after run and kind; `taken` ones get a number. */
export function suggestFolder(dataFolder: string, runName: string, kind: ExportKind, taken: readonly string[]): string {
  const base = pathIn(dataFolder, 'exports', `${slug(runName)}-${kind}`)
  if (!taken.includes(base)) return base
  const number = Array.from({ length: taken.length + 1 }, (_, i) => i + 2).find((n) => !taken.includes(`${base}-${n}`))
  return `${base}-${number}`
}
