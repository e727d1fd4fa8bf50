import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../temporary-folder.ts'

const AUDIT = join(import.meta.dirname, '../../.ci/audit.mjs')
const QUESTION = '/-/npm/v1/security/advisories/bulk'

type Severity = 'low' | 'high' | 'critical'
type Answer = (response: ServerResponse) => void

/** One advisory for all versions of a package, as npm's registry words it. */
const advisory = (name: string, severity: Severity): Answer => {
  const one = { id: 1, url: 'https://example.org/1', title: 'A hole', severity, vulnerable_versions: '>=0', cwe: [] }
  return (response) => response.end(JSON.stringify({ [name]: [{ ...one, cvss: { score: 8, vectorString: null } }] }))
}
const status =
  (code: number, body = ''): Answer =>
  (response) =>
    response.writeHead(code).end(body)

/** What CI's audit says before a registry on this machine that answers so; it also tells of a package when asked. */
async function audit(answer: Answer): Promise<{ code: number | null; said: string; asked: boolean }> {
  let asked = false
  const registry = createServer((request, response) => {
    request.resume()
    if (request.url !== QUESTION) {
      const name = decodeURIComponent((request.url ?? '/').slice(1))
      response.end(
        JSON.stringify({ name, 'dist-tags': { latest: '0.0.1' }, versions: { '0.0.1': { name, version: '0.0.1' } } }),
      )
      return
    }
    asked = request.method === 'POST'
    answer(response)
  })
  registry.listen(0, '127.0.0.1')
  await once(registry, 'listening')
  onTestFinished(() => void registry.close())
  const url = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/`
  const env = {
    ...process.env,
    npm_config_registry: url,
    npm_config_cache: temporaryFolder(),
    npm_config_fetch_retries: '0',
  }
  const child = spawn(process.execPath, [AUDIT], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const [said, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { code, said: said + errors, asked }
}

test.each([
  ['a shipped package', 'ws', 'high'],
  ['the window', 'electron', 'critical'],
] as const)('a grave advisory of %s fails', async (_, name, severity) => {
  const { code, said, asked } = await audit(advisory(name, severity))
  expect([asked, code]).toEqual([true, 1])
  expect(said).toMatch(new RegExp(`audit: ${severity} ${name} .*, shipped`))
})

test.each([
  ['a lesser one of a shipped package', 'ws', 'low', 'shipped'],
  ['a grave one of a tool', 'vitest', 'high', 'a tool'],
] as const)('%s is told', async (_, name, severity, what) => {
  const { code, said } = await audit(advisory(name, severity))
  expect(code).toBe(0)
  expect(said).toMatch(new RegExp(`audit: ${severity} ${name} .*, ${what}`))
})

test('without an advisory it says how many packages were looked up', async () => {
  const { code, said } = await audit((response) => response.end('{}'))
  expect([code, said]).toEqual([0, expect.stringMatching(/audit: [1-9]\d\d packages looked up, 0 with known faults/)])
})

test('a registry without the service is said to be one', async () => {
  const { code, said } = await audit(status(405))
  expect([code, said]).toEqual([0, expect.stringContaining('audit: NOT DONE')])
})

test.each([
  ['an error of the service', status(500, '{}')],
  ['a refusal', status(403)],
  ['an answer that is no JSON', status(200, '<html>')],
])('%s fails, since nothing is known then', async (_, answer) => {
  const { code, said } = await audit(answer)
  expect(said).not.toContain('looked up,')
  expect(code).toBe(1)
})
