import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PATIENCE_MS } from '../patience.ts'
import { type DevTools, evaluator } from './devtools.ts'

const screenshots = resolve(import.meta.dirname, '../../dist/screenshots')

/** Finds what a person would: a control by its name, else the smallest visible element with just that text. */
const FIND = `(name, role) => {
  const visible = (e) => e.getClientRects().length > 0
  const nameOf = (e) => (e.getAttribute('aria-label') || (e.labels && e.labels[0] && e.labels[0].textContent) || e.textContent || '').replace(/[\\s*]+/g, ' ').trim()
  const fits = (e) => visible(e) && (nameOf(e) === name)
  const controls = { button: 'button, [role=button]', link: 'a', tab: '[role=tab]', field: 'input, textarea', any: 'button, a, [role=tab], input, textarea, label, p, h1, h2, h3, span, div' }
  const all = [...document.querySelectorAll(controls[role])].filter(fits)
  return all.sort((a, b) => a.querySelectorAll('*').length - b.querySelectorAll('*').length)[0] || null
}`

/** A page that is being left takes its answers with it: the next one may have them. */
function unlessLeft(error: unknown): null {
  if (
    error instanceof Error &&
    /navigated or closed|[Ee]xecution context|context with specified id/.test(error.message)
  )
    return null
  throw error
}

/** The page under test, by mouse and keyboard, through the DevTools protocol. */
export function createPage(tools: DevTools) {
  const evaluate = evaluator(tools)
  /** Asks until the answer is truthy. */
  async function until<T>(what: string, expression: string, timeoutMs = PATIENCE_MS): Promise<T> {
    const end = Date.now() + timeoutMs
    for (;;) {
      const value = await evaluate<T>(expression).catch(unlessLeft)
      if (value) return value
      if (Date.now() > end)
        throw new Error(
          `${what} did not come within ${timeoutMs / 1000} s. The page says:\n${await evaluate('document.body && document.body.innerText')}`,
        )
      await new Promise((done) => setTimeout(done, 100))
    }
  }
  const shows = (text: string) => `!!document.body && document.body.innerText.includes(${JSON.stringify(text)})`
  const find = (name: string, role: string) => `(${FIND})(${JSON.stringify(name)}, ${JSON.stringify(role)})`
  async function click(
    name: string,
    role: 'button' | 'link' | 'tab' | 'field' = 'button',
    timeoutMs?: number,
  ): Promise<void> {
    const centre = `(() => { const e = ${find(name, role)}; if (!e || e.disabled || e.dataset.disabled) return null; e.scrollIntoView({ block: 'center' }); const r = e.getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2] })()`
    await until(`${role} “${name}”`, centre, timeoutMs)
    // Once more: unfolding parts may have moved it.
    await new Promise((done) => setTimeout(done, 250))
    const [x, y] = await until<[number, number]>(`${role} “${name}”`, centre, timeoutMs)
    const mouse = { x, y, button: 'left', clickCount: 1 }
    for (const type of ['mouseMoved', 'mousePressed', 'mouseReleased'])
      await tools.send('Input.dispatchMouseEvent', {
        ...mouse,
        type,
        ...(type === 'mouseMoved' ? { button: 'none' } : {}),
      })
  }
  return {
    evaluate,
    until,
    click,
    see: (text: string, timeoutMs?: number) => until(`“${text}”`, shows(text), timeoutMs),
    /** Loads the page anew and waits for a text on it; the page before shows its own until the new one has begun. */
    async reload(text: string): Promise<void> {
      await evaluate('void (window.isLeaving = true)')
      await tools.send('Page.reload')
      await until(`“${text}” after a reload`, `!window.isLeaving && ${shows(text)}`)
    },
    async fill(label: string, text: string): Promise<void> {
      await click(label, 'field')
      await evaluate('document.activeElement.select()')
      await tools.send('Input.insertText', { text })
      await evaluate('document.activeElement.blur()')
    },
    /** Saves a picture for people. */
    async picture(name: string): Promise<void> {
      // Two frames: the first may still be of the page before.
      await evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
      const { data } = await tools.send<{ data: string }>('Page.captureScreenshot', { format: 'png' })
      mkdirSync(screenshots, { recursive: true })
      writeFileSync(join(screenshots, `${name}.png`), Buffer.from(data, 'base64'))
    },
  }
}

export type PageDriver = ReturnType<typeof createPage>
