import type { MenuItemConstructorOptions } from 'electron'

export type MenuActions = {
  /** Goes to a place of the page, such as `#/new`. */
  readonly navigate: (hash: string) => void
  readonly showDataFolder: () => void
  readonly showLogs: () => void
  readonly about: () => void
  readonly quit: () => void
}

type Item = MenuItemConstructorOptions

const separator: Item = { type: 'separator' }

function fileMenu({ navigate, showDataFolder, quit }: MenuActions, isMac: boolean): Item {
  return {
    label: '&File',
    submenu: [
      { label: '&New Run', accelerator: 'CmdOrCtrl+N', click: () => navigate('#/new') },
      separator,
      { label: 'Show &Data Folder', accelerator: 'CmdOrCtrl+Shift+D', click: showDataFolder },
      separator,
      { role: 'close' },
      ...(isMac ? [] : [separator, { label: '&Quit', accelerator: 'CmdOrCtrl+Q', click: quit }]),
    ],
  }
}

const editMenu: Item = {
  label: '&Edit',
  submenu: [
    { role: 'undo' },
    { role: 'redo' },
    separator,
    { role: 'cut' },
    { role: 'copy' },
    { role: 'paste' },
    { role: 'selectAll' },
  ],
}

function viewMenu({ navigate }: MenuActions, isPackaged: boolean): Item {
  return {
    label: '&View',
    submenu: [
      { label: '&Runs', accelerator: 'CmdOrCtrl+1', click: () => navigate('#/runs') },
      { label: 'N&ew Run', accelerator: 'CmdOrCtrl+2', click: () => navigate('#/new') },
      { label: '&Chat', accelerator: 'CmdOrCtrl+3', click: () => navigate('#/chat') },
      separator,
      { role: 'reload' },
      { role: 'resetZoom' },
      { role: 'zoomIn' },
      { role: 'zoomOut' },
      { role: 'togglefullscreen' },
      // A user's window shows no tools that could be talked into running foreign code.
      ...(isPackaged ? [] : [separator, { role: 'toggleDevTools' } as Item]),
    ],
  }
}

function helpMenu({ navigate, showLogs, about }: MenuActions): Item {
  return {
    label: '&Help',
    role: 'help',
    submenu: [
      { label: '&Doctor', accelerator: 'F2', click: () => navigate('#/doctor') },
      { label: 'Show &Logs', accelerator: 'CmdOrCtrl+Shift+L', click: showLogs },
      separator,
      { label: '&About DoRA Studio', click: about },
    ],
  }
}

function appMenu({ quit }: MenuActions): Item {
  return {
    label: 'DoRA Studio',
    submenu: [
      { role: 'about' },
      separator,
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      separator,
      { label: 'Quit DoRA Studio', accelerator: 'Cmd+Q', click: quit },
    ],
  }
}

/** The whole menu bar; pure. */
export function menuTemplate(actions: MenuActions, platform: string, isPackaged: boolean): Item[] {
  const isMac = platform === 'darwin'
  return [
    ...(isMac ? [appMenu(actions)] : []),
    fileMenu(actions, isMac),
    editMenu,
    viewMenu(actions, isPackaged),
    { label: '&Window', role: 'window', submenu: [{ role: 'minimize' }, { role: 'zoom' }, { role: 'close' }] },
    helpMenu(actions),
  ]
}
