import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import type { HubTokenStatus } from '../../../shared/domain/hub.ts'
import { hubHome } from './cache.ts'

type Environment = Readonly<Record<string, string | undefined>>
type Found = { readonly token: string | null } & Omit<HubTokenStatus, 'host'>

/** Printable, without spaces: anything else could not be a header. */
const WELL_FORMED = /^[\x21-\x7e]{8,512}$/

/** Variables that carry a token, the names of older tools included; no process but the host's gets to see them. */
export const TOKEN_VARIABLES = ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'] as const

/** An environment for processes that have no business with the hub. */
export function withoutToken(env: Environment): Record<string, string | undefined> {
  const names: readonly string[] = TOKEN_VARIABLES
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)))
}

/** Refuses what cannot be a token. The text is in no message: it may be one with a slip in it. */
export function checkToken(text: string): string {
  const token = text.trim()
  if (WELL_FORMED.test(token)) return token
  throw fault('bad-config', 'This is no token of the hub: it has 8 to 512 letters, digits and signs, without spaces.', {
    hint: 'Copy it again from the page of access tokens in your account; it begins with hf_.',
  })
}

function tokenFile(env: Environment): string {
  const path = env.HF_TOKEN_PATH || join(hubHome(env), 'token')
  return resolve(path.startsWith('~/') ? join(homedir(), path.slice(2)) : path)
}

/** The token that "hf auth login" keeps; one that others on the machine can read is refused. */
function fromFile(env: Environment): Found | null {
  const file = tokenFile(env)
  try {
    const { mode, size } = statSync(file)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      const note = `${file} can be read by others on this machine, so it is not used. Cure: chmod 600 ${file}`
      return { token: null, source: 'none', note }
    }
    const token = size > 4096 ? '' : readFileSync(file, 'utf8').trim()
    return WELL_FORMED.test(token)
      ? { token, source: 'file', note: file }
      : { token: null, source: 'none', note: `${file} holds no token.` }
  } catch {
    return null
  }
}

function fromEnvironment(env: Environment): Found | null {
  const name = TOKEN_VARIABLES.find((variable) => env[variable]?.trim())
  if (name === undefined) return null
  const token = env[name]?.trim() ?? ''
  return WELL_FORMED.test(token)
    ? { token, source: 'environment', note: name }
    : { token: null, source: 'none', note: `${name} holds no token.` }
}

/**
 * The hub's token: what was given to this process, else HF_TOKEN, else the file of huggingface_hub. It lives in this
 * process's memory; the system's store is the desktop window's affair.
 */
export function createHubToken(env: Environment = process.env) {
  let given: Found | null = null
  const found = (): Found =>
    given ?? fromEnvironment(env) ?? fromFile(env) ?? { token: null, source: 'none', note: null }
  return {
    current: (): string | null => found().token,
    status: (): Omit<HubTokenStatus, 'host'> => {
      const { source, note } = found()
      return { source, note }
    },
    /** Null: forget it. */
    give(text: string | null, source: 'system' | 'session', note: string | null): void {
      given = text === null ? null : { token: checkToken(text), source, note }
    },
  }
}
