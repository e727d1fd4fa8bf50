import { contextBridge, type IpcRendererEvent, ipcRenderer } from 'electron'
import {
  ATTACH_CHANNEL,
  CALL_CHANNEL,
  PAGE_CHANNEL,
  type PageMessage,
  RESTART_CHANNEL,
  type StudioBridge,
} from '../shared/bridge.ts'

/** The page sees these three functions and nothing of Electron; the main process checks who speaks. */
const bridge: StudioBridge = {
  send: (text) => ipcRenderer.send(CALL_CHANNEL, String(text)),
  subscribe(listener) {
    // The event object would hand `ipcRenderer` to the page, so only the message is passed on.
    const pass = (_event: IpcRendererEvent, message: PageMessage) => listener(message)
    ipcRenderer.on(PAGE_CHANNEL, pass)
    ipcRenderer.send(ATTACH_CHANNEL)
    return () => void ipcRenderer.removeListener(PAGE_CHANNEL, pass)
  },
  restartHost: () => ipcRenderer.send(RESTART_CHANNEL),
}

contextBridge.exposeInMainWorld('studioBridge', bridge)
