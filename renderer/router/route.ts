import { useSyncExternalStore } from 'react'
import type { ChatModel } from '../../shared/domain/chat.ts'
import { assertNever } from '../../shared/domain/error.ts'
import { chatModelText, parseChatModels } from './chat-models.ts'
import { decode } from './decode.ts'

export const RUN_TABS = ['curves', 'analysis', 'export', 'details'] as const
export type RunTab = (typeof RUN_TABS)[number]

/** `from`: the run whose settings are taken over, `rank` in place of its own; else a model or data file to start with. */
type NewRunRoute = {
  readonly screen: 'new-run'
  readonly from: string | null
  readonly rank?: Rank
  readonly model?: string
  readonly data?: string
}
/** With the `alpha` that goes with it. The form checks the bounds, as of what is typed. */
export type Rank = { readonly r: number; readonly alpha: number }

/** Every place in the studio; its address is the page's fragment. */
export type Route =
  | { readonly screen: 'runs' }
  | NewRunRoute
  | { readonly screen: 'compare'; readonly runs: readonly string[] }
  /** `models`: those one talks to, beside each other. */
  | { readonly screen: 'chat'; readonly models: readonly ChatModel[] }
  /** `path`: the model folder or data file that is looked at; null: the first one. */
  | { readonly screen: 'models'; readonly path: string | null }
  | { readonly screen: 'data'; readonly path: string | null }
  | { readonly screen: 'settings' }
  | { readonly screen: 'run'; readonly runId: string; readonly tab: RunTab }
  | { readonly screen: 'doctor' }

const tabOf = (text: string | undefined): RunTab => RUN_TABS.find((tab) => tab === text) ?? 'curves'

/** Unknown addresses lead to the run list. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  const [section, id, tab] = path.split('/').map(decode)
  if (section === 'runs' && id) return { screen: 'run', runId: id, tab: tabOf(tab) }
  const given = new URLSearchParams(query)
  if (section === 'new') return newRunRoute(given)
  if (section === 'compare') return { screen: 'compare', runs: given.get('runs')?.split(',').filter(Boolean) ?? [] }
  if (section === 'chat') return { screen: 'chat', models: parseChatModels(given.getAll('m')) }
  if (section === 'models' || section === 'data') return { screen: section, path: given.get('path') }
  if (section === 'doctor' || section === 'settings') return { screen: section }
  return { screen: 'runs' }
}

function newRunRoute(given: URLSearchParams): NewRunRoute {
  const [model, data] = [given.get('model'), given.get('data')]
  const [r, alpha] = [Number(given.get('r')), Number(given.get('lora_alpha'))]
  return {
    screen: 'new-run',
    from: given.get('from'),
    ...(r > 0 && alpha > 0 ? { rank: { r, alpha } } : {}),
    ...(model === null ? {} : { model }),
    ...(data === null ? {} : { data }),
  }
}

function newRunHref({ from, rank, model, data }: NewRunRoute): string {
  const given = Object.entries({ from, r: rank?.r, lora_alpha: rank?.alpha, model, data }).flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  )
  return given.length === 0 ? '#/new' : `#/new?${given.join('&')}`
}

const chatHref = (models: readonly ChatModel[]): string =>
  models.length === 0
    ? '#/chat'
    : `#/chat?${models.map((model) => `m=${encodeURIComponent(chatModelText(model))}`).join('&')}`

const withPath = (address: string, path: string | null): string =>
  path === null ? address : `${address}?path=${encodeURIComponent(path)}`

export function hrefOf(route: Route): string {
  switch (route.screen) {
    case 'runs':
      return '#/runs'
    case 'new-run':
      return newRunHref(route)
    case 'run':
      return `#/runs/${encodeURIComponent(route.runId)}${route.tab === 'curves' ? '' : `/${route.tab}`}`
    case 'compare':
      return route.runs.length === 0 ? '#/compare' : `#/compare?runs=${route.runs.map(encodeURIComponent).join(',')}`
    case 'chat':
      return chatHref(route.models)
    case 'models':
    case 'data':
      return withPath(`#/${route.screen}`, route.path)
    case 'doctor':
    case 'settings':
      return `#/${route.screen}`
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
