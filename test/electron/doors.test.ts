import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAX_MESSAGE_BYTES } from '../../shared/wire.ts'
import { PATIENCE_MS } from '../patience.ts'
import { type Answer, callBridge } from './bridge.ts'
import { openDesk } from './desk.ts'
import { targetsAt } from './devtools.ts'
import { electronPath, type Studio } from './electron.ts'

/** Long enough for any request of these to leave. */
const SETTLE_MS = 1500
const settle = () => new Promise((done) => setTimeout(done, SETTLE_MS))

/** Everything a page can fetch with, each as an expression that must not reach `url`. */
const LEAKS = (url: string): Readonly<Record<string, string>> => ({
  fetch: `fetch('${url}/fetch').catch(() => {})`,
  request: `(() => { const r = new XMLHttpRequest(); r.open('GET', '${url}/xhr'); r.send() })()`,
  beacon: `navigator.sendBeacon('${url}/beacon', 'secret')`,
  socket: `new WebSocket('${url.replace('http', 'ws')}/socket')`,
  events: `new EventSource('${url}/events')`,
  image: `(new Image()).src = '${url}/image.png'`,
  worker: `(() => { try { new Worker('${url}/worker.js') } catch {} })()`,
  script: `document.head.append(Object.assign(document.createElement('script'), { src: '${url}/script.js' }))`,
  style: `document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: '${url}/a.css' }))`,
  prefetch: `document.head.append(Object.assign(document.createElement('link'), { rel: 'prefetch', href: '${url}/pre' }))`,
  frame: `document.body.append(Object.assign(document.createElement('iframe'), { src: '${url}/frame' }))`,
  object: `document.body.append(Object.assign(document.createElement('object'), { data: '${url}/object' }))`,
  video: `document.body.append(Object.assign(document.createElement('video'), { src: '${url}/video', autoplay: true }))`,
  font: `new FontFace('x', 'url(${url}/font.woff2)').load().catch(() => {})`,
})

/** All ways of a page to leave, or to open another window. */
const WAYS_OUT = (url: string): Readonly<Record<string, string>> => ({
  address: `location.href = '${url}/address'`,
  file: `location.href = 'file:///etc/passwd'`,
  data: `location.href = 'data:text/html,hostile'`,
  'another host of our scheme': `location.href = 'dora-studio://elsewhere/index.html'`,
  form: `(() => { const form = Object.assign(document.createElement('form'), { action: '${url}/form', method: 'post' }); document.body.append(form); form.submit() })()`,
  'meta refresh': `(() => { const meta = document.createElement('meta'); meta.httpEquiv = 'refresh'; meta.content = '0; url=${url}/meta'; document.head.append(meta) })()`,
  window: `void window.open('${url}/window', '_blank', 'nodeIntegration=yes')`,
  'own window': `void window.open('dora-studio://app/index.html')`,
  link: `(() => { const a = Object.assign(document.createElement('a'), { href: '${url}/link', target: '_blank' }); document.body.append(a); a.click() })()`,
  'link to a file': `(() => { const a = Object.assign(document.createElement('a'), { href: 'file:///etc/passwd' }); document.body.append(a); a.click() })()`,
})

describe.runIf(electronPath !== undefined)('the doors of the desktop window', () => {
  const { start } = openDesk()
  const asked: string[] = []
  const server = createServer(({ url }, response) => {
    asked.push(url ?? '')
    response.writeHead(200, { 'access-control-allow-origin': '*' }).end('<script>hostile</script>')
  })
  let url = ''
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => void server.close())

  /** Without the page's own policy: the next wall behind it has to hold. */
  async function withoutPolicy({ tools, page }: Studio): Promise<void> {
    await tools.send('Page.setBypassCSP', { enabled: true })
    await page.reload('No runs yet')
  }
  const works = ({ page }: Studio) =>
    expect.poll(() => page.evaluate<Answer>(callBridge('runs.list', {}, 3000))).toMatchObject({ ok: true, output: [] })

  test.each(['with its policy', 'with its policy switched off'])('nothing leaves the page %s', async (policy) => {
    const studio = await start()
    if (policy !== 'with its policy') await withoutPolicy(studio)
    asked.length = 0
    for (const leak of Object.values(LEAKS(url))) await studio.page.evaluate(`void (${leak})`)
    await settle()
    expect(asked).toEqual([])
    await works(studio)
  })

  test('the page cannot be led elsewhere, nor open a window', async () => {
    const studio = await start()
    const { page, port } = studio
    asked.length = 0
    for (const [name, way] of Object.entries(WAYS_OUT(url))) {
      await page.evaluate(way)
      await new Promise((done) => setTimeout(done, 300))
      const at = await page.evaluate<string>('location.href')
      expect(at, name).toMatch(/^dora-studio:\/\/app\/index\.html/)
    }
    expect(asked).toEqual([])
    expect((await targetsAt(port)).filter(({ type }) => type === 'page')).toHaveLength(1)
    await works(studio)
  })

  test('text that becomes markup runs nothing', async () => {
    const { page } = await start()
    await page.evaluate(`(() => {
      const script = document.createElement('script')
      script.textContent = 'window.ran = "script"'
      const image = document.createElement('div')
      image.innerHTML = '<img src="x:" onerror="window.ran = this.tagName">'
      const link = Object.assign(document.createElement('a'), { href: 'javascript:window.ran = "link"' })
      document.body.append(script, image, link)
      link.click()
      // Later, since the policy does not bind what the developer tools evaluate.
      setTimeout('window.ran = "timer"')
      setTimeout(() => { window.ran = new Function('return "function"')() })
    })()`)
    await settle()
    expect(await page.evaluate('window.ran === undefined')).toBe(true)
  })

  test('a hostile page in a frame has neither bridge nor parent', async () => {
    const studio = await start()
    await withoutPolicy(studio)
    const hostile = `<script>
      const tell = (look) => { try { return String(look()) } catch (error) { return error.name } }
      parent.postMessage([
        tell(() => typeof studioBridge), tell(() => typeof require), tell(() => typeof process),
        tell(() => parent.studioBridge), tell(() => parent.document),
      ].join(), '*')</script>`
    const seen = await studio.page.evaluate(`new Promise((done) => {
      addEventListener('message', ({ data }) => done(data))
      const frame = document.createElement('iframe')
      frame.src = 'data:text/html,' + encodeURIComponent(${JSON.stringify(hostile).replaceAll('</', '<\\/')})
      document.body.append(frame)
      setTimeout(() => done('nothing was loaded'), ${PATIENCE_MS})
    })`)
    expect(seen).toBe('undefined,undefined,undefined,SecurityError,SecurityError')
    // Nor has one of our own files, which forbid to be framed.
    const own = await studio.page.evaluate(`new Promise((done) => {
      const frame = document.createElement('iframe')
      frame.src = 'dora-studio://app/icon.svg'
      frame.onload = () => done(typeof frame.contentWindow.studioBridge)
      document.body.append(frame)
      setTimeout(() => done('undefined'), 2000)
    })`)
    expect(own).toBe('undefined')
  })

  test('the bridge gives nothing of the world it comes from, whatever the page does to its own', async () => {
    const studio = await start()
    await withoutPolicy(studio)
    const got = await studio.page.evaluate<string[]>(`new Promise((done) => {
      const got = []
      const tell = (look) => { try { return String(look()) } catch (error) { return error.name } }
      got.push(tell(() => studioBridge.send.constructor('return typeof process')()))
      got.push(tell(() => studioBridge.send.constructor('return typeof require')()))
      const arrayPush = Array.prototype.push
      let touched = 0
      for (const name of ['call', 'apply', 'bind']) {
        const old = Function.prototype[name]
        Function.prototype[name] = function (...args) {
          if (args.some((arg) => arg && (arg.sender || arg.senderId !== undefined || arg.ipcRenderer))) touched++
          return Reflect.apply(old, this, args)
        }
      }
      const end = studioBridge.subscribe((...args) => {
        arrayPush.call(got, args.length + ' ' + Object.keys(args[0]).sort().join(), String(touched), typeof end)
        done(got)
      })
    })`)
    expect(got).toEqual(['undefined', 'undefined', '1 kind,state', '0', 'function'])
  })

  test('messages that are too long, malformed or nobody’s are dropped, and the window goes on', async () => {
    const studio = await start()
    const { page } = studio
    await page.evaluate(`studioBridge.send('x'.repeat(${MAX_MESSAGE_BYTES + 1}))`)
    for (const text of ['{', 'null', '[]', '{"id":"1","call":"runs.list"}', '{"id":1e99}', '"', '']) {
      await page.evaluate(`studioBridge.send(${JSON.stringify(text)})`)
    }
    await page.evaluate(`for (let i = 0; i < 20000; i++) studioBridge.send('{')`)
    expect(await page.evaluate<Answer>(callBridge('constructor', {}))).toMatchObject({ ok: false })
    expect(await page.evaluate<Answer>(callBridge('__proto__', {}))).toMatchObject({ ok: false })
    await works(studio)
  })

  test('no file beside the page is served, and no permission given', async () => {
    const studio = await start()
    await withoutPolicy(studio)
    const { page } = studio
    const paths = [
      '../desktop/main.cjs',
      '..%2fdesktop%2fmain.cjs',
      '%2e%2e/host.mjs',
      '..%5chost.mjs',
      'assets/',
      '.stamps',
    ]
    const statuses = await page.evaluate(
      `Promise.all(${JSON.stringify(paths)}.map((path) => fetch('dora-studio://app/' + path).then(({ status }) => status, () => 'refused')))`,
    )
    expect(statuses).toEqual(paths.map(() => expect.toBeOneOf([404, 'refused'])))
    expect(await page.evaluate(`fetch('file:///etc/passwd').then(() => 'read', () => 'refused')`)).toBe('refused')
    const denied = await page.evaluate(`Promise.all([
      Notification.requestPermission(),
      new Promise((done) => navigator.geolocation.getCurrentPosition(() => done('given'), ({ code }) => done(code))),
      navigator.mediaDevices ? navigator.mediaDevices.getUserMedia({ audio: true }).then(() => 'given', ({ name }) => name) : 'NotAllowedError',
      navigator.clipboard.readText().then(() => 'given', ({ name }) => name),
    ])`)
    expect(denied).toEqual(['denied', 1, expect.stringMatching(/NotAllowed|NotFound/), 'NotAllowedError'])
  })
})
