import { BrowserWindow, nativeTheme, type Session, screen, type WebContents } from 'electron'
import { PAGE_ORIGIN } from '../../shared/bridge.ts'
import { iconFile, preloadFile, windowStateFile } from './paths.ts'
import { isOwnUrl, type OwnFrame } from './sender-check.ts'
import { placeOnScreens, readWindowState, SMALLEST, saveWindowState } from './window-state.ts'

/** Copying text is the only permission the page has a use for. */
const PERMISSIONS: ReadonlySet<string> = new Set(['clipboard-sanitized-write'])
/** The page's own background, so that the first frame does not flash. */
const BACKGROUND = { light: '#f6f7f9', dark: '#14161a' } as const

export type StudioWindow = {
  readonly window: BrowserWindow
  /** The frame that may speak to us; null while the window shows anything but our page. */
  readonly ownFrame: () => OwnFrame | null
}

function refusePermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, decide) => decide(PERMISSIONS.has(permission)))
  session.setPermissionCheckHandler((_contents, permission) => PERMISSIONS.has(permission))
}

/** The page stays the page: no other address, no new window, no embedded one. */
function refuseNavigation(contents: WebContents): void {
  const stay = (event: { preventDefault(): void }, url: string) => {
    if (!isOwnUrl(url)) event.preventDefault()
  }
  contents.on('will-navigate', stay)
  contents.on('will-redirect', stay)
  contents.on('will-attach-webview', (event) => event.preventDefault())
  if (typeof contents.setWindowOpenHandler === 'function') contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  // An event of old Electrons that today's types no longer name.
  else (contents as NodeJS.EventEmitter).on('new-window', (event: { preventDefault(): void }) => event.preventDefault())
}

/** Every document that is loaded names the routing numbers of its frame; those of our top frame are remembered. */
function followOwnFrame(contents: WebContents): () => OwnFrame | null {
  let own: OwnFrame | null = null
  const contentsId = contents.id
  contents.on('did-frame-navigate', (_event, url, _code, _text, isMainFrame, processId, frameId) => {
    if (isMainFrame) own = isOwnUrl(url) ? { contentsId, processId, frameId } : null
  })
  return () => own
}

function keepPlace(window: BrowserWindow): void {
  let timer: NodeJS.Timeout | undefined
  const save = () => {
    if (!window.isDestroyed() && !window.isMinimized() && !window.isFullScreen())
      saveWindowState(windowStateFile(), { bounds: window.getNormalBounds(), maximized: window.isMaximized() })
  }
  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(save, 500)
  }
  window.on('resize', soon)
  window.on('move', soon)
  window.on('close', save)
}

/** The studio's window: sandboxed, isolated, at its old place, shown when its first frame is drawn. */
export function openWindow(): StudioWindow {
  const { bounds, maximized } = readWindowState(windowStateFile())
  const areas = screen.getAllDisplays().map(({ workArea }) => workArea)
  const window = new BrowserWindow({
    ...placeOnScreens(bounds, areas),
    minWidth: SMALLEST.width,
    minHeight: SMALLEST.height,
    title: 'DoRA Studio',
    icon: iconFile('window.png'),
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
    webPreferences: {
      preload: preloadFile,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInSubFrames: false,
      nodeIntegrationInWorker: false,
      webviewTag: false,
      spellcheck: false,
      // A hidden window of a run in the background must keep its curves.
      backgroundThrottling: false,
    },
  })
  refusePermissions(window.webContents.session)
  refuseNavigation(window.webContents)
  const ownFrame = followOwnFrame(window.webContents)
  keepPlace(window)
  window.once('ready-to-show', () => {
    if (maximized) window.maximize()
    window.show()
  })
  void window.loadURL(`${PAGE_ORIGIN}/index.html`)
  return { window, ownFrame }
}

/** Brings the window to the user, wherever it was. */
export function showWindow(window: BrowserWindow): void {
  if (window.isDestroyed()) return
  if (window.isMinimized()) window.restore()
  window.show()
  window.focus()
}

/** Some systems call a hidden window focused. */
export const isLookedAt = (window: BrowserWindow): boolean =>
  window.isVisible() && !window.isMinimized() && window.isFocused()
