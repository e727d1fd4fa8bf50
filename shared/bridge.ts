import type { StudioErrorData } from './domain/error.ts'

/** Channel of the page's calls, one JSON text a message (shared/wire.ts). */
export const CALL_CHANNEL = 'studio:call'
/** Channel by which a page asks for everything that follows; answered with the host's state. */
export const ATTACH_CHANNEL = 'studio:attach'
/** Channel by which the user asks for another try after the host was given up. */
export const RESTART_CHANNEL = 'studio:restart-host'
/** Channel of everything the window's main process sends to its page. */
export const PAGE_CHANNEL = 'studio:page'

/** Scheme and host of the page in the desktop window; no other page may use the channels. */
export const PAGE_SCHEME = 'dora-studio'
export const PAGE_ORIGIN = `${PAGE_SCHEME}://app`

/** How the host process fares. `setting-up`: first start of an installed studio, `fraction` 0 to 1 or null. */
export type HostState =
  | { readonly kind: 'setting-up'; readonly text: string; readonly fraction: number | null }
  | { readonly kind: 'starting' }
  | { readonly kind: 'ready' }
  /** It ended by itself and is started again in `retryMs`. */
  | { readonly kind: 'restarting'; readonly attempt: number; readonly retryMs: number; readonly reason: string }
  /** It keeps ending; the user decides what is next. */
  | { readonly kind: 'gone'; readonly error: StudioErrorData }

/** What reaches the page: a message of the host as JSON text, its state, or a screen chosen in the menu. */
export type PageMessage =
  | { readonly kind: 'wire'; readonly text: string }
  | { readonly kind: 'host'; readonly state: HostState }
  | { readonly kind: 'navigate'; readonly hash: string }

/** All that the preload script shows the page, as `window.studioBridge`. */
export type StudioBridge = {
  send(text: string): void
  /** Starts the flow of messages; returns the function that ends it. */
  subscribe(listener: (message: PageMessage) => void): () => void
  restartHost(): void
}
