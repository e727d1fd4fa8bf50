import { useSyncExternalStore } from 'react'
import { assertNever } from '../../shared/domain/error.ts'

export const RUN_TABS = ['curves', 'export', 'details'] as const
export type RunTab = (typeof RUN_TABS)[number]

/** Every place in the studio; its address is the page's fragment. */
export type Route =
  | { readonly screen: 'runs' }
  | { readonly screen: 'new-run'; readonly from: string | null }
  | { readonly screen: 'run'; readonly runId: string; readonly tab: RunTab }
  | { readonly screen: 'doctor' }

const tabOf = (text: string | undefined): RunTab => RUN_TABS.find((tab) => tab === text) ?? 'curves'

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Unknown addresses lead to the run list. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [section, id, tab] = path.split('/').map(decode)
  if (section === 'new') return { screen: 'new-run', from: new URLSearchParams(query).get('from') }
  if (section === 'runs' && id) return { screen: 'run', runId: id, tab: tabOf(tab) }
  if (section === 'doctor') return { screen: 'doctor' }
  return { screen: 'runs' }
}

export function hrefOf(route: Route): string {
  switch (route.screen) {
    case 'runs':
      return '#/runs'
    case 'new-run':
      return route.from === null ? '#/new' : `#/new?from=${encodeURIComponent(route.from)}`
    case 'run':
      return `#/runs/${encodeURIComponent(route.runId)}${route.tab === 'curves' ? '' : `/${route.tab}`}`
    case 'doctor':
      return '#/doctor'
    default:
      return assertNever(route, 'route')
  }
}

export const goTo = (route: Route): void => {
  location.hash = hrefOf(route)
}

function onHashChange(listener: () => void): () => void {
  addEventListener('hashchange', listener)
  return () => removeEventListener('hashchange', listener)
}

/** The place the address names, live. */
export const useRoute = (): Route => parseRoute(useSyncExternalStore(onHashChange, () => location.hash))
