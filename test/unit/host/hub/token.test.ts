import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { z } from 'zod'
import { startEngine } from '../../../../main/host/engine-supervisor.ts'
import { hubEndpoint, isConfidential } from '../../../../main/host/hub/endpoint.ts'
import { createHubToken } from '../../../../main/host/hub/token.ts'
import { readReport } from '../../../../main/host/services/report-process.ts'
import { hubTokenSchema } from '../../../../shared/domain/hub.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { faultOf } from '../studio.ts'
import { downloadEnd, MODEL, order, setUpHub } from './hub-studio.ts'

const SECRET = 'hf_secretSecretSECRET0123456789'

/** Every file below a folder. */
const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())

const holding = (folder: string, secret: string): string[] =>
  filesOf(folder).filter((path) => readFileSync(path).includes(secret))

test('the token opens a gated model, and is in no file, event, answer or line of the studio', async () => {
  const said: unknown[] = []
  for (const level of ['log', 'error', 'warn', 'info', 'debug'] as const)
    vi.spyOn(console, level).mockImplementation((...parts) => void said.push(parts))
  onTestFinished(() => void vi.restoreAllMocks())
  vi.stubEnv('DORA_DEBUG', '1')
  const { host, hub, folder } = await setUpHub({ 'org/gated': { ...MODEL, gated: 'auto' } }, { token: SECRET })
  for (const event of ['download.updated', 'hub.tokenChanged', 'library.updated'] as const)
    host.on(event, (payload) => said.push(payload))

  const refused = await host.call('downloads.start', order('org/gated'))
  const { error } = await downloadEnd(host, refused.id)
  expect(error).toMatchObject({ code: 'refused', message: expect.stringContaining('gated') })
  expect(error?.hint).toContain(`${hub.url}/org/gated`)

  said.push(await host.call('hub.giveToken', { token: ` ${SECRET}\n` }), await host.call('hub.token', {}))
  said.push(await host.call('downloads.resume', { id: refused.id }))
  said.push(await downloadEnd(host, refused.id), await host.call('downloads.list', {}))
  expect((await host.call('downloads.list', {}))[0]?.status).toBe('finished')
  said.push(await faultOf(() => host.call('hub.giveToken', { token: `${SECRET} ${SECRET}` })))
  // Nor a wrong one, which may be a right one with a slip in it.
  said.push(await faultOf(() => host.call('hub.giveToken', { token: SECRET.repeat(200) })))
  said.push(await faultOf(() => host.call('hub.giveToken', { token: [SECRET] as never })))
  await host.close()

  expect(JSON.stringify(said)).not.toContain(SECRET.slice(0, 16))
  expect(holding(folder, SECRET)).toEqual([])
  expect(holding(folder, Buffer.from(SECRET).toString('base64').slice(0, 24))).toEqual([])
  const [shown, hidden] = [
    hub.seen.filter(({ authorization }) => authorization),
    hub.seen.filter(({ server }) => server === 'cdn'),
  ]
  expect(shown.length).toBeGreaterThan(0)
  expect(shown.every(({ server, authorization }) => server === 'hub' && authorization === `Bearer ${SECRET}`)).toBe(
    true,
  )
  expect(hidden.length).toBeGreaterThan(0)
})

test('the search finds a secret where there is one', () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'a.bin'), Buffer.concat([Buffer.alloc(100_000, 1), Buffer.from(SECRET)]))
  expect(holding(folder, SECRET)).toHaveLength(1)
})

test.each([
  ['a token that is not valid', 'hf_wrongwrong', undefined, /does not accept your token/],
  ['a token without access', SECRET, 'manual', /gated/],
] as const)('%s is told as such', async (_name, given, gated, said) => {
  const { host } = await setUpHub({ 'org/gated': { ...MODEL, ...(gated && { gated }) } }, { token: SECRET })
  await host.call('hub.giveToken', { token: given })
  const work = async () => {
    const { id } = await host.call('downloads.start', order('org/gated'))
    return (await downloadEnd(host, id)).error
  }
  const error = await work().catch((thrown: { data: unknown }) => thrown.data)
  expect(error).toMatchObject({ code: 'refused', message: expect.stringMatching(said) })
})

test('a private model is seen with a token alone', async () => {
  const { host } = await setUpHub({ 'org/own': { ...MODEL, private: true } }, { token: SECRET })
  const look = () => host.call('hub.look', { kind: 'model', repo: 'org/own', revision: null })
  expect(await faultOf(look)).toMatchObject({ code: 'not-found' })
  await host.call('hub.giveToken', { token: SECRET })
  expect(await look()).toMatchObject({ private: true, problem: null })
  await host.call('hub.giveToken', { token: null })
  expect(await faultOf(look)).toMatchObject({ code: 'not-found' })
})

test('HF_TOKEN goes before the file of huggingface_hub, a given one before both', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'token')
  writeFileSync(file, 'hf_fromFile\n', { mode: 0o600 })
  const env = { HF_HOME: folder, HF_TOKEN: 'hf_fromEnvironment' }
  const token = createHubToken(env)
  expect([token.current(), token.status().source]).toEqual(['hf_fromEnvironment', 'environment'])
  const fromFile = createHubToken({ HF_HOME: folder })
  expect([fromFile.current(), fromFile.status()]).toEqual(['hf_fromFile', { source: 'file', note: file }])
  token.give('hf_givenOne', 'session', null)
  expect([token.current(), token.status().source]).toEqual(['hf_givenOne', 'session'])
  token.give(null, 'session', null)
  expect(token.current()).toBe('hf_fromEnvironment')
})

test.skipIf(process.platform === 'win32')('a token file that others can read is not used, and the cure is told', () => {
  const folder = temporaryFolder()
  const file = join(folder, 'token')
  writeFileSync(file, SECRET)
  chmodSync(file, 0o644)
  const token = createHubToken({ HF_HOME: folder })
  expect(token.current()).toBeNull()
  expect(token.status()).toEqual({ source: 'none', note: expect.stringContaining(`chmod 600 ${file}`) })
})

test('engines and reports start without the token of the host’s environment', async () => {
  vi.stubEnv('HF_TOKEN', SECRET)
  vi.stubEnv('HUGGING_FACE_HUB_TOKEN', SECRET)
  onTestFinished(() => void vi.unstubAllEnvs())
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'runs'))
  const engine = join(folder, 'engine.mjs')
  writeFileSync(
    engine,
    `process.on('message', () => process.send({ type: 'failed', error: { code: 'internal', message: JSON.stringify(process.env) } }, () => process.exit(0)))`,
  )
  const job = startEngine({
    entry: engine,
    request: { type: 'inspect', question: { subject: 'model', folder } },
    logFile: join(folder, 'engine.log'),
    onProgress: () => {},
    stopTimeoutMs: 1000,
  })
  const outcome = await job.done
  const text = outcome.type === 'failed' ? outcome.error.message : ''
  expect(text).toContain('PATH')
  expect(text).not.toContain(SECRET)
  const report = join(folder, 'report.mjs')
  writeFileSync(report, `console.log(JSON.stringify({ env: JSON.stringify(process.env) }))`)
  const { env } = await readReport('The report', report, [], z.object({ env: z.string() }))
  expect(env).not.toContain(SECRET)
})

test.each([
  ['ftp://hub.example', /wanted an http\(s\) address/],
  ['hub.example', /wanted an http\(s\) address/],
  ['https://user:password@hub.example', /user name/],
  ['https://hub.example/?x=1', /without \? and #/],
  [`https://hub.example/${'a'.repeat(3000)}`, /3020 characters/],
])('HF_ENDPOINT %s is refused', async (text, said) => {
  const { message, hint } = await faultOf(() => hubEndpoint({ HF_ENDPOINT: text }))
  expect(message).toMatch(said)
  expect(message).not.toContain('password')
  expect(hint).toContain('mirror')
})

test('a mirror may lie below a path; a token goes over https or to this machine alone', () => {
  expect(new URL('api/models/a/b', hubEndpoint({ HF_ENDPOINT: 'https://mirror.example/hf/' })).href).toBe(
    'https://mirror.example/hf/api/models/a/b',
  )
  expect(hubEndpoint({}).href).toBe('https://huggingface.co/')
  expect(
    ['https://a.example', 'http://127.0.0.1:1', 'http://a.example'].map((text) => isConfidential(new URL(text))),
  ).toEqual([true, true, false])
  expect(Object.keys(hubTokenSchema.shape)).toEqual(['source', 'note', 'host'])
})
