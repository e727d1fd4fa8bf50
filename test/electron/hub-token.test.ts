import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { HubTokenStatus } from '../../shared/domain/hub.ts'
import { type Answer, callBridge } from './bridge.ts'
import { openDesk } from './desk.ts'
import { electronPath } from './electron.ts'

const SECRET = 'hf_secretOfTheDesktopWindow'

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())

describe.runIf(electronPath !== undefined)('the hub’s token in the desktop window', () => {
  const { folder, start } = openDesk()

  // The Electron of the tests has no safeStorage: what can be seen here is that nothing is kept and the user is told.
  test('where the system has no store the token is the session’s, said so, and in no file or line', async () => {
    const dataFolder = join(folder, 'token')
    const env = { HF_HOME: join(folder, 'hf'), HF_TOKEN: '', HF_TOKEN_PATH: join(folder, 'none') }
    const studio = await start({ dataFolder, env })
    const ask = (call: string, input: object) => studio.page.evaluate<Answer>(callBridge(call, input))
    const given = await ask('hub.giveToken', { token: SECRET })
    expect(given?.output).toMatchObject({ source: 'session', note: expect.stringContaining('no store for secrets') })
    expect((await ask('hub.token', {}))?.output as HubTokenStatus).toMatchObject({ source: 'session' })
    expect(JSON.stringify(await ask('hub.giveToken', { token: `${SECRET} ${SECRET}` }))).not.toContain(SECRET)
    await studio.stop()
    expect(existsSync(join(dataFolder, 'window/hub-token'))).toBe(false)
    const files = filesOf(dataFolder)
    expect(files.some((path) => path.endsWith('studio.sqlite'))).toBe(true)
    expect(files.filter((path) => readFileSync(path).includes(SECRET))).toEqual([])
    expect(studio.output()).not.toContain(SECRET)

    const next = await start({ dataFolder, env })
    const { output } = (await next.page.evaluate<Answer>(callBridge('hub.token', {}))) ?? {}
    expect(output).toMatchObject({ source: 'none' })
  })
})
