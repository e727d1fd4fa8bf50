import { Tokenizer } from '@huggingface/tokenizers'
import { fault } from '../../../shared/domain/error.ts'
import type { JsonObject } from '../formats/json-file.ts'
import { within } from '../formats/time-limit.ts'

/** The library's tokenizer in the few calls that are made of it; what it throws is said of the file it was built from. */
export type LibraryTokenizer = {
  /** Token ids of a text, without tokens added around it. */
  bare(text: string): number[]
  /** One text or two with the tokens of the tokenizer's own template, and the number of the text of each. */
  whole(text: string, pair: string | null): { readonly ids: number[]; readonly types: readonly number[] }
  decode(ids: readonly number[]): string
  idOf(token: string): number | undefined
  tokenOf(id: number): string | undefined
}

const BUILD_SECONDS = 120
/** For PROBE, which takes well under a millisecond. */
const PROBE_SECONDS = 3
const hint = 'The file is damaged, or of a kind that is not supported; download it again.'
/** Letters, digits, spaces, and a run long enough to show an expression that backtracks without end. */
const PROBE = `a b  12 é ${'a'.repeat(40)}!`

/**
 * Builds it from tokenizer.json (`path`) and its settings, and tries it for at most `seconds`; `bad-file` faults name the
 * file.
 */
export function buildTokenizer(
  path: string,
  definition: JsonObject,
  settings: JsonObject,
  seconds = PROBE_SECONDS,
): LibraryTokenizer {
  const late = () => fault('bad-file', `${path}: its tokenizer takes too long.`, { hint })
  const build = () => blaming(path, 'no tokenizer could be built from it', () => new Tokenizer(definition, settings))
  const tokenizer = guarded(path, within(BUILD_SECONDS, late, build))
  within(seconds, late, () => tokenizer.decode(tokenizer.bare(PROBE)))
  return tokenizer
}

function guarded(path: string, library: Tokenizer): LibraryTokenizer {
  const use = <T>(work: () => T) => blaming(path, 'its tokenizer fails', work)
  return {
    bare: (text) => use(() => library.encode(text, { add_special_tokens: false }).ids),
    whole: (text, pair) =>
      use(() => {
        const { ids, token_type_ids: types } = library.encode(text, { text_pair: pair, return_token_type_ids: true })
        return { ids, types: types ?? [] }
      }),
    decode: (ids) =>
      use(() => library.decode([...ids], { skip_special_tokens: false, clean_up_tokenization_spaces: false })),
    idOf: (token) => library.token_to_id(token),
    tokenOf: (id) => library.id_to_token(id),
  }
}

function blaming<T>(path: string, what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw fault('bad-file', `${path}: ${what}: ${reason.slice(0, 300)}.`, { hint })
  }
}
