import { mkdirSync, promises, renameSync, unlinkSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * The part of Electron's safeStorage that is used. Electron 9 has none of it; from 46 on the calls without `Async` are
 * gone, before 42 or so the others are not there yet. Both read what either wrote.
 */
export type SafeStorage = {
  isAsyncEncryptionAvailable?(): Promise<boolean>
  encryptStringAsync?(text: string): Promise<Buffer>
  decryptStringAsync?(encrypted: Buffer): Promise<{ readonly result: string; readonly shouldReEncrypt: boolean }>
  isEncryptionAvailable?(): boolean
  encryptString?(text: string): Buffer
  decryptString?(encrypted: Buffer): string
  /** Linux alone. */
  getSelectedStorageBackend?(): string
}

/** A secret of the system's store, or why there is none. `note`: what the user should know about how it is kept. */
export type Kept = { readonly kept: boolean; readonly note: string | null }

const NO_STORE = 'This system has no store for secrets that the studio can use, so the token is forgotten when it ends.'
/** Chromium then encrypts with a password that is part of its source: no better than plain text. */
const BASIC_TEXT =
  'No keyring or wallet was found on this desktop, so the token is not kept: it is forgotten when the studio ends. Install gnome-keyring or KWallet to keep it.'
const LARGEST_FILE = 16_384

/** Keeps one secret in a file that only the system's store can read. Never writes it as plain text. */
export function createSecretStore(file: string, storage: SafeStorage | undefined) {
  /** Why nothing can be kept; null: it can. */
  async function obstacle(): Promise<string | null> {
    const there = storage?.isAsyncEncryptionAvailable
      ? await storage.isAsyncEncryptionAvailable()
      : storage?.isEncryptionAvailable?.()
    if (!there) return NO_STORE
    return storage?.getSelectedStorageBackend?.() === 'basic_text' ? BASIC_TEXT : null
  }
  async function encrypt(text: string): Promise<Buffer | undefined> {
    return storage?.encryptStringAsync ? storage.encryptStringAsync(text) : storage?.encryptString?.(text)
  }
  async function decrypt(encrypted: Buffer): Promise<string | null> {
    if (storage?.decryptStringAsync) return (await storage.decryptStringAsync(encrypted)).result
    return storage?.decryptString?.(encrypted) ?? null
  }
  function forget(): void {
    try {
      unlinkSync(file)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && (error as NodeJS.ErrnoException).code === 'ENOENT'))
        throw error
    }
  }
  return {
    forget,
    async keep(secret: string): Promise<Kept> {
      const note = await obstacle()
      const encrypted = note === null ? await encrypt(secret) : undefined
      if (encrypted === undefined) {
        // What was kept before is not the token any more.
        forget()
        return { kept: false, note: note ?? NO_STORE }
      }
      mkdirSync(dirname(file), { recursive: true })
      const partial = `${file}.${process.pid}.tmp`
      await promises.writeFile(partial, encrypted, { mode: 0o600 })
      renameSync(partial, file)
      return { kept: true, note: null }
    },
    /** Null where nothing is kept, or the store does not open it any more (another user, a new keyring). */
    async read(): Promise<string | null> {
      try {
        const encrypted = await promises.readFile(file)
        if (encrypted.length > LARGEST_FILE || (await obstacle()) !== null) return null
        return await decrypt(encrypted)
      } catch {
        return null
      }
    },
  }
}

export type SecretStore = ReturnType<typeof createSecretStore>
