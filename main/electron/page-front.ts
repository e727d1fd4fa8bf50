import type { HostState, PageMessage } from '../../shared/bridge.ts'
import { answerDesktopCall, isDesktopCall } from './desktop-calls.ts'
import { listenToPage } from './ipc-in.ts'
import { sendToPage } from './ipc-out.ts'
import type { StudioHost } from './studio-host.ts'
import type { StudioWindow } from './window.ts'

type PageCall = { readonly id: number; readonly call: unknown; readonly input: unknown }

function parseCall(text: string): PageCall | null {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || !('id' in parsed)) return null
    const { id, call, input } = parsed as Record<string, unknown>
    return Number.isSafeInteger(id) ? { id: id as number, call, input } : null
  } catch {
    return null
  }
}

/** Connects the page with the host: calls in, answers and events out, dialogs answered here. */
export function createPageFront({ window, ownFrame }: StudioWindow, host: StudioHost) {
  let attached = false
  const send = (message: PageMessage): void => {
    if (attached && !window.isDestroyed()) sendToPage(window.webContents, message)
  }
  const sendWire = (message: unknown): void => send({ kind: 'wire', text: JSON.stringify(message) })

  // A page that is loaded anew asks for the flow again; until then nothing is sent to whatever is loaded.
  window.webContents.on('did-frame-navigate', (_event, _url, _code, _text, isMainFrame) => {
    if (isMainFrame) attached = false
  })
  listenToPage({
    own: ownFrame,
    onAttach() {
      attached = true
      send({ kind: 'host', state: host.state() })
    },
    onRestart: host.restart,
    onCall(text) {
      const message = parseCall(text)
      if (!message) return
      const { id, call, input } = message
      if (isDesktopCall(call)) void answerDesktopCall(window, id, call, input).then(sendWire)
      // A token is kept on the way.
      else if (call === 'hub.giveToken') void host.answerToken(id, input).then(sendWire)
      else host.forward(id, call, input, sendWire)
    },
  })
  return {
    event: sendWire,
    hostState: (state: HostState) => send({ kind: 'host', state }),
    navigate: (hash: string) => send({ kind: 'navigate', hash }),
  }
}

export type PageFront = ReturnType<typeof createPageFront>
