import { Menu, Tray } from 'electron'
import { iconFile } from './paths.ts'
import type { ActiveRun } from './run-watch.ts'
import { type TrayActions, trayLine, trayTemplate } from './tray-menu.ts'

/** The icon beside the clock, there only while the studio is in the background; desktops without such a place show none. */
export function createBackgroundTray(actions: TrayActions) {
  let tray: Tray | null = null
  let shown = ''

  function update(runs: readonly ActiveRun[]): void {
    const line = trayLine(runs)
    // A menu that is set again closes under the user's hand.
    if (!tray || line === shown) return
    shown = line
    tray.setToolTip(`DoRA Studio\n${line}`)
    tray.setContextMenu(Menu.buildFromTemplate(trayTemplate(line, actions)))
  }
  return {
    update,
    show(runs: readonly ActiveRun[]): void {
      if (tray) return
      shown = ''
      tray = new Tray(iconFile(process.platform === 'darwin' ? 'trayTemplate.png' : 'tray.png'))
      tray.on('click', actions.show)
      update(runs)
    },
    remove(): void {
      tray?.destroy()
      tray = null
    },
  }
}
