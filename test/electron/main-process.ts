import { connectDevTools, evaluator } from './devtools.ts'
import type { Studio } from './electron.ts'

/**
 * What the system would show and a test cannot press: questions are answered by `seen.answer`, notices and the menu of the
 * tray are kept. The tray itself is Electron's own.
 */
const WATCH = `(() => {
  const { dialog, Notification, Tray } = process.mainModule.require('electron')
  const seen = (globalThis.seen = { answer: 2, questions: [], notices: [], tray: null, menu: null })
  dialog.showMessageBox = async (_window, { message, buttons }) => {
    seen.questions.push({ message, buttons })
    return { response: seen.answer, checkboxChecked: false }
  }
  Notification.isSupported = () => true
  Notification.prototype.show = function () { seen.notices.push(this) }
  const { setContextMenu } = Tray.prototype
  Tray.prototype.setContextMenu = function (menu) {
    Object.assign(seen, { tray: this, menu })
    return setContextMenu.call(this, menu)
  }
})()`

const WINDOW = `process.mainModule.require('electron').BrowserWindow.getAllWindows()[0]`

/** The window's main process of a studio started with `inspect`, through Node's inspector: no test code in the product. */
export async function openMainProcess({ output }: Studio) {
  const address = /Debugger listening on (ws:\S+)/.exec(output())?.[1]
  if (!address) throw new Error(`Electron opened no inspector:\n${output()}`)
  const tools = await connectDevTools(address)
  const evaluate = evaluator(tools)
  await evaluate(WATCH)
  const inTray = `(seen.tray && !seen.tray.isDestroyed() ? seen.menu.items : [])`
  return {
    evaluate,
    /** The number of the button the next questions are answered with. */
    answerWith: (button: number) => evaluate<void>(`void (seen.answer = ${button})`),
    questions: () => evaluate<{ message: string; buttons: string[] }[]>('seen.questions'),
    notices: () =>
      evaluate<{ title: string; body: string }[]>('seen.notices.map(({ title, body }) => ({ title, body }))'),
    clickNotice: () => evaluate<void>(`void seen.notices[seen.notices.length - 1].emit('click')`),
    isVisible: () => evaluate<boolean>(`${WINDOW}.isVisible()`),
    /** Labels of the tray's menu; none while there is no tray. */
    trayItems: () => evaluate<string[]>(`${inTray}.map(({ label }) => label).filter(Boolean)`),
    clickTray: (label: string) =>
      evaluate<void>(`void ${inTray}.find((item) => item.label === ${JSON.stringify(label)}).click()`),
    /** As the button of the title bar does; a page that closes itself goes unasked in Electron 9. */
    closeWindow: () => evaluate<void>(`setImmediate(() => ${WINDOW}.close()), undefined`),
    /** A process that ends waits for whoever inspects it. */
    detach: tools.close,
  }
}
