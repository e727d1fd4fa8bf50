import type { CallInput, CallOutput } from '../../shared/contract.ts'
import { fault, toErrorData } from '../../shared/domain/error.ts'
import type { ServerMessage } from '../../shared/wire.ts'
import type { SecretStore } from './secret-store.ts'

type Give = (input: CallInput<'hub.giveToken'>) => Promise<CallOutput<'hub.giveToken'>>

const LONGEST = 4096

/** The token of a call of the page. */
function tokenOf(input: unknown): string | null {
  const token =
    typeof input === 'object' && input !== null && 'token' in input ? (input as { token: unknown }).token : undefined
  if (token === null || (typeof token === 'string' && token.length <= LONGEST)) return token
  throw fault('bad-config', `hub.giveToken: token: wanted a text of at most ${LONGEST} characters, or null.`)
}

/**
 * The hub's token between the page, which sets it, the system's store, which keeps it, and the host, which uses it: by a
 * message, since an environment can be read from outside.
 */
export function createHubTokenKeeper(store: SecretStore, give: Give) {
  async function set(token: string | null): Promise<CallOutput<'hub.giveToken'>> {
    if (token === null) {
      store.forget()
      return give({ token: null })
    }
    // The host says what is no token; only what it takes is kept.
    await give({ token, source: 'session' })
    const { kept, note } = await store.keep(token.trim())
    return give({ token, source: kept ? 'system' : 'session', note })
  }
  return {
    set,
    /** Answers the page's `hub.giveToken` in the host's place; never rejects. */
    async answer(id: number, input: unknown): Promise<ServerMessage> {
      try {
        return { id, ok: true, output: await set(tokenOf(input)) }
      } catch (error) {
        return { id, ok: false, error: toErrorData(error) }
      }
    },
    /** To a host that has just started; without a kept token nothing is said. */
    async restore(): Promise<void> {
      const token = await store.read()
      if (token !== null) await give({ token, source: 'system' })
    },
  }
}
