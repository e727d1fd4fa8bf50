import { fault, type StudioError } from '../../../shared/domain/error.ts'
import type { HubKind } from '../../../shared/domain/hub.ts'

/** What was asked for, for error texts. */
export type HubTarget = {
  readonly kind: HubKind
  readonly repo: string
  readonly revision: string
  /** Its page in a browser. */
  readonly page: string
  /** Of a file in it. */
  readonly path?: string
}

const NOUNS = { model: 'model', dataset: 'data set' } as const satisfies Record<HubKind, string>
const TOKEN_PLACES = 'Settings, HF_TOKEN, or "hf auth login"'

function gatedFault({ repo, page }: HubTarget, withToken: boolean): StudioError {
  return fault('refused', `${repo} is gated: its owner wants you to agree to terms first.`, {
    hint: withToken
      ? `Open ${page} with the account of your token and ask for access there, then try again. The token needs the right to read gated repositories.`
      : `Open ${page}, agree there, then give the studio a token of that account (${TOKEN_PLACES}).`,
    retryable: true,
  })
}

function missingFault({ kind, repo }: HubTarget, withToken: boolean): StudioError {
  const seen = withToken ? 'that your token may see' : 'that everybody may see'
  return fault('not-found', `The hub has no ${NOUNS[kind]} ${repo} ${seen}.`, {
    hint: withToken
      ? 'Check the spelling, and that the account of the token may read it.'
      : `Check the spelling. A private one needs a token (${TOKEN_PLACES}).`,
  })
}

const badToken = (host: string) =>
  fault('refused', `${host} does not accept your token.`, {
    hint: `It may have expired or been revoked. Make a new one on the hub and set it (${TOKEN_PLACES}).`,
  })

/** What a refusal of the hub means, by its status and its `X-Error-Code`; the server's own words are not passed on. */
export function statusFault(response: Response, host: string, target: HubTarget, withToken: boolean): StudioError {
  const code = response.headers.get('x-error-code')
  const { status } = response
  if (code === 'GatedRepo') return gatedFault(target, withToken)
  if (code === 'RevisionNotFound') {
    return fault('not-found', `${target.repo} has no revision ${target.revision}.`, {
      hint: 'Give a branch, a tag or a commit of it; its page lists them.',
    })
  }
  if (code === 'EntryNotFound') {
    return fault('not-found', `${target.repo} has no file ${target.path ?? ''} at ${target.revision}.`, {
      hint: 'It was removed or renamed; look the repository up again.',
    })
  }
  // Without a valid token the hub answers 401 for what is not there too.
  if (status === 401 && response.headers.get('x-error-message')?.startsWith('Invalid credentials'))
    return badToken(host)
  if (status === 401 || status === 404 || code === 'RepoNotFound') return missingFault(target, withToken)
  if (status === 403) {
    return fault('refused', `${host} does not let you read ${target.repo}.`, {
      hint: `Open ${target.page} to see why; the token may lack the right to read it.`,
      retryable: true,
    })
  }
  if (status === 429) {
    return fault('network', `${host} has had too many requests from you (429).`, {
      hint: 'Wait some minutes, then go on; with a token the limit is higher.',
      retryable: true,
    })
  }
  return fault('network', `${host} answered with status ${status}.`, {
    hint: 'The hub or a mirror has trouble; try again later.',
    retryable: true,
  })
}

/** Why there was no answer at all. Headers are in no such error, so neither is the token. */
export function networkFault(error: unknown, host: string): StudioError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const detail = code || (cause instanceof Error ? cause.message : String(cause))
  return fault('network', `${host} cannot be reached (${detail}).`, {
    hint: 'Check the connection. Behind a proxy, start the studio with NODE_USE_ENV_PROXY=1 beside HTTPS_PROXY; with a mirror, set HF_ENDPOINT.',
    retryable: true,
  })
}
