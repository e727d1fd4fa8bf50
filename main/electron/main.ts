// Life cycle of the desktop studio: one instance, one window, one supervised host. What it does is in the other files.
import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { app, dialog, Menu, Notification, nativeTheme, session, shell } from 'electron'
import { createClosing } from './closing.ts'
import { menuTemplate } from './menu.ts'
import { createPageFront, type PageFront } from './page-front.ts'
import { registerPageScheme, servePage } from './page-protocol.ts'
import { dataFolder, iconFile, logFolder, rendererFolder, windowFolder } from './paths.ts'
import type { RunEnd } from './run-watch.ts'
import { createStudioHost } from './studio-host.ts'
import { createBackgroundTray } from './tray.ts'
import { isLookedAt, openWindow, type StudioWindow, showWindow } from './window.ts'

function notify({ window }: StudioWindow, front: PageFront, { runId, title, body }: RunEnd): void {
  if (window.isDestroyed() || isLookedAt(window) || !Notification.isSupported()) return
  const notification = new Notification({ title, body, icon: iconFile('window.png') })
  notification.on('click', () => {
    showWindow(window)
    front.navigate(`#/runs/${encodeURIComponent(runId)}`)
  })
  notification.show()
}

function showFolder(folder: string): void {
  mkdirSync(folder, { recursive: true })
  void shell.openPath(folder)
}

const about = (): void =>
  void dialog.showMessageBox({
    type: 'info',
    title: 'About DoRA Studio',
    message: `DoRA Studio ${app.getVersion()}`,
    detail: `Apache-2.0\nElectron ${process.versions.electron}, Chromium ${process.versions.chrome}, Node ${process.versions.node}\nData folder: ${dataFolder()}`,
  })

function open(): void {
  servePage(session.defaultSession, rendererFolder)
  const studio = openWindow()
  const { window } = studio
  const host = createStudioHost({
    onState: (state) => front.hostState(state),
    onEvent: (event) => front.event(event),
    onProgress: () => tray.update(host.activeWork()),
    onRunEnd(end) {
      notify(studio, front, end)
      if (!window.isDestroyed() && closing.isBackgroundDone()) window.showInactive()
    },
  })
  const front = createPageFront(studio, host)
  const closing = createClosing(window, host, (inBackground) =>
    inBackground ? tray.show(host.activeWork()) : tray.remove(),
  )
  const tray = createBackgroundTray({
    show: () => showWindow(window),
    stop: () => void host.stopWork(),
    quit: closing.leave,
  })
  const navigate = (hash: string) => {
    showWindow(window)
    front.navigate(hash)
  }
  const actions = {
    navigate,
    about,
    showDataFolder: () => showFolder(dataFolder()),
    showLogs: () => showFolder(logFolder()),
    quit: closing.ask,
  }
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(actions, process.platform, app.isPackaged)))
  app.on('second-instance', () => showWindow(window))
  app.on('activate', () => showWindow(window))
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, closing.leave)
  void host.start()
}

/** Electron's own answer is a dialog that stops the whole window; a fault here is written down and the window goes on. */
function logFault(error: Error): void {
  console.error(error)
  try {
    mkdirSync(logFolder(), { recursive: true })
    appendFileSync(join(logFolder(), 'window.log'), `${new Date().toISOString()} ${error.stack ?? error.message}\n`)
  } catch {}
}

process.on('uncaughtException', logFault)
process.on('unhandledRejection', (reason) => logFault(reason instanceof Error ? reason : new Error(String(reason))))

// Before anything of Chromium starts: its profile belongs to the data folder, and so does the lock of the one instance.
mkdirSync(windowFolder(), { recursive: true })
app.setPath('userData', windowFolder())
if (app.requestSingleInstanceLock()) {
  registerPageScheme()
  nativeTheme.themeSource = 'system'
  void app.whenReady().then(open)
} else app.quit()
