import { fault } from '../../../shared/domain/error.ts'
import { shown } from '../../../shared/domain/shown.ts'

type Environment = Readonly<Record<string, string | undefined>>

const PUBLIC_HUB = 'https://huggingface.co'
const LONGEST = 2048
const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]']

function refuse(text: string, why: string): never {
  throw fault('bad-config', `HF_ENDPOINT is ${shown(text)}: ${why}.`, {
    hint: 'Set it to the address of a mirror, such as https://hub.example.org, or unset it.',
  })
}

/** The hub's address: HF_ENDPOINT, as huggingface_hub has it, else the public hub. Throws where it is none. */
export function hubEndpoint(env: Environment = process.env): URL {
  const text = env.HF_ENDPOINT?.trim() || PUBLIC_HUB
  if (text.length > LONGEST) refuse(text, `it has ${text.length} characters, at most ${LONGEST} are read`)
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) refuse(text, 'wanted an http(s) address')
  // Would be sent to logs of proxies; the token has its own place. Not shown: it may be a password.
  if (url.username || url.password) refuse(url.host, 'an address with a user name is not taken')
  if (url.search || url.hash) refuse(text, 'wanted an address without ? and #')
  url.pathname = url.pathname.replace(/\/*$/, '/')
  return url
}

/** Whether what is sent there can be read by nobody in between. */
export const isConfidential = (url: URL): boolean => url.protocol === 'https:' || LOOPBACK.includes(url.hostname)
