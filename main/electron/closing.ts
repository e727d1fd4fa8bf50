import { app, type BrowserWindow, dialog } from 'electron'
import { closeAction, closeQuestion } from './close-decision.ts'
import type { StudioHost } from './studio-host.ts'

/** A checkpoint of a large model on a slow disk takes its time; longer than this is not waiting but hanging. */
const LEAVE_MS = 150_000

/** Asks before a run is ended by closing the window, and lets the host leave politely; `onBackground` hears of every change. */
export function createClosing(window: BrowserWindow, host: StudioHost, onBackground: (inBackground: boolean) => void) {
  let leaving = false
  let asking = false
  let inBackground = false

  function enterBackground(next: boolean): void {
    inBackground = next
    onBackground(next)
  }
  async function leave(): Promise<void> {
    if (leaving) return
    leaving = true
    enterBackground(false)
    if (!window.isDestroyed()) window.hide()
    await host.close(LEAVE_MS)
    app.exit(0)
  }
  async function ask(): Promise<void> {
    const question = closeQuestion(host.activeRuns(), host.activePairs())
    if (!question) return leave()
    if (asking) return
    asking = true
    const { response } = await dialog.showMessageBox(window, question)
    asking = false
    if (window.isDestroyed()) return
    const action = closeAction(response)
    if (action === 'quit') return leave()
    if (action === 'background') {
      enterBackground(true)
      window.hide()
    }
  }
  window.on('close', (event) => {
    event.preventDefault()
    // Not from within the event: a dialog opened there crashes some Electrons on Linux.
    setTimeout(() => void ask(), 0)
  })
  // A window that is gone without a question (some Electrons let a page do that): the run is stopped with a checkpoint.
  window.on('closed', () => void leave())
  // Also the system's log-off and macOS's Cmd+Q.
  app.on('before-quit', (event) => {
    event.preventDefault()
    setTimeout(() => void ask(), 0)
  })
  window.on('show', () => {
    enterBackground(false)
  })
  return {
    ask: () => void ask(),
    /** A signal of the system: no time for a question, the run is stopped with a checkpoint. */
    leave: () => void leave(),
    /** Whether the window was put away for work and nothing is at work any more. */
    isBackgroundDone: () => inBackground && host.activeWork().length === 0,
  }
}
