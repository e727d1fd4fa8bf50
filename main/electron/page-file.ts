import { join, sep } from 'node:path'
import { PAGE_ORIGIN } from '../../shared/bridge.ts'

/** The file a page address names inside `root`; null when it names none of ours. */
export function fileOf(address: string, root: string): string | null {
  try {
    const { protocol: scheme, host, pathname } = new URL(address)
    if (`${scheme}//${host}` !== PAGE_ORIGIN) return null
    const parts = decodeURIComponent(pathname).split('/').filter(Boolean)
    if (parts.some((part) => part.startsWith('.') || /[\\\0:]/.test(part))) return null
    const file = join(root, ...(parts.length === 0 ? ['index.html'] : parts))
    return file.startsWith(root + sep) ? file : null
  } catch {
    return null
  }
}
