import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createHubTokenKeeper } from '../../../main/electron/hub-token.ts'
import { createSecretStore, type SafeStorage } from '../../../main/electron/secret-store.ts'
import type { CallInput } from '../../../shared/contract.ts'
import { fault } from '../../../shared/domain/error.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const SECRET = 'hf_secretSecretSECRET'
const turned = (data: Buffer): Buffer => Buffer.from(data.map((byte) => byte ^ 0x5a))

/** A system's store with the calls of Electron before 46. */
const older = (backend?: string): SafeStorage => ({
  isEncryptionAvailable: () => true,
  encryptString: (text) => turned(Buffer.from(text)),
  decryptString: (data) => turned(data).toString(),
  ...(backend === undefined ? {} : { getSelectedStorageBackend: () => backend }),
})
/** One with those of Electron 46. */
const newer: SafeStorage = {
  isAsyncEncryptionAvailable: async () => true,
  encryptStringAsync: async (text) => turned(Buffer.from(text)),
  decryptStringAsync: async (data) => ({ result: turned(data).toString(), shouldReEncrypt: false }),
}
const locked: SafeStorage = { ...older(), isEncryptionAvailable: () => false }

function setUp(storage: SafeStorage | undefined) {
  const file = join(temporaryFolder(), 'window/hub-token')
  const given: CallInput<'hub.giveToken'>[] = []
  const store = createSecretStore(file, storage)
  const keeper = createHubTokenKeeper(store, async (input) => {
    given.push(input)
    if (input.token?.includes(' ')) throw fault('bad-config', 'This is no token.')
    return {
      source: input.token === null ? 'none' : (input.source ?? 'session'),
      note: input.note ?? null,
      host: 'hub',
    }
  })
  return { file, store, given, ...keeper }
}

test.each([
  ['older', older()],
  ['older, with a keyring', older('gnome_libsecret')],
  ['newer', newer],
])('a token is kept in a system’s store with the %s calls, and given to the next host', async (_name, storage) => {
  const { set, restore, given, file, answer } = setUp(storage)
  expect(await set(SECRET)).toMatchObject({ source: 'system', note: null })
  expect(readFileSync(file)).not.toContain(SECRET)
  expect(readFileSync(file, 'latin1')).not.toContain(SECRET)
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o077).toBe(0)
  given.length = 0
  await restore()
  expect(given).toEqual([{ token: SECRET, source: 'system' }])
  expect(await answer(7, { token: null })).toMatchObject({ id: 7, ok: true, output: { source: 'none' } })
  expect(existsSync(file)).toBe(false)
})

test.each([
  ['no store at all, as in Electron 9', undefined, /no store for secrets/],
  ['a store that is locked', locked, /no store for secrets/],
  ['the basic_text of Linux', older('basic_text'), /gnome-keyring or KWallet/],
])('with %s nothing is written, the token is the session’s, and the user is told', async (_name, storage, said) => {
  const { set, restore, given, file } = setUp(storage)
  expect(await set(SECRET)).toMatchObject({ source: 'session', note: expect.stringMatching(said) })
  expect(existsSync(file)).toBe(false)
  given.length = 0
  await restore()
  expect(given).toEqual([])
})

test('what the host does not take is not kept, and no answer repeats it', async () => {
  const { answer, file } = setUp(newer)
  for (const input of [{ token: 'a b' }, { token: SECRET.repeat(500) }, { token: 5 }, null]) {
    const reply = await answer(1, input)
    expect(reply).toMatchObject({ id: 1, ok: false, error: { code: 'bad-config' } })
    expect(JSON.stringify(reply)).not.toContain(SECRET)
  }
  expect(existsSync(file)).toBe(false)
})

test('a file that the store cannot read is as none', async () => {
  const broken: SafeStorage = {
    ...older(),
    decryptString: () => {
      throw new Error('Error while decrypting the ciphertext')
    },
  }
  const { store, file, set } = setUp(broken)
  await set(SECRET)
  expect(existsSync(file)).toBe(true)
  expect(await store.read()).toBeNull()
  writeFileSync(file, Buffer.alloc(20_000))
  expect(await createSecretStore(file, older()).read()).toBeNull()
})
