import { type IpcMainEvent, ipcMain } from 'electron'
import { ATTACH_CHANNEL, CALL_CHANNEL, RESTART_CHANNEL } from '../../shared/bridge.ts'
import { MAX_MESSAGE_BYTES } from '../../shared/wire.ts'
import { isOwnPage, type OwnFrame } from './sender-check.ts'

export type IpcListeners = {
  /** The frame that may speak now. */
  readonly own: () => OwnFrame | null
  readonly onAttach: () => void
  readonly onCall: (text: string) => void
  readonly onRestart: () => void
}

/** The only file with `ipcMain`: whatever is not from our own page is dropped without an answer. */
export function listenToPage({ own, onAttach, onCall, onRestart }: IpcListeners): void {
  const allowed = (event: IpcMainEvent): boolean => {
    // Old Electrons know no senderFrame; there only the top frame has a preload script at all.
    const url = event.senderFrame?.url ?? event.sender.getURL()
    const { frameId, processId } = event
    return isOwnPage({ contentsId: event.sender.id, frameId, processId, url }, own())
  }
  ipcMain.on(ATTACH_CHANNEL, (event) => allowed(event) && onAttach())
  ipcMain.on(RESTART_CHANNEL, (event) => allowed(event) && onRestart())
  ipcMain.on(CALL_CHANNEL, (event, text: unknown) => {
    if (allowed(event) && typeof text === 'string' && text.length <= MAX_MESSAGE_BYTES) onCall(text)
  })
}
