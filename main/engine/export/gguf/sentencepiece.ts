import { fault } from '../../../../shared/domain/error.ts'
import { shown } from '../../../../shared/domain/shown.ts'
import { isJsonObject, type JsonObject } from '../../formats/json-file.ts'
import { TOKEN_KINDS, type Vocabulary } from './vocabulary.ts'

/** SentencePiece's sign for a space. */
const SPACE = '\u2581'
/** Below the score of every merge. */
const NEVER = -1e6
const BYTE = /^<0x[0-9A-F]{2}>$/

/**
 * Tokens, kinds and scores of a SentencePiece vocabulary that was turned into merges. llama.cpp merges whichever pair makes
 * the token of the highest score; merges are sorted by the scores they came from, so that a token's rank serves as its score.
 */
export function sentencePiece({ tokens, kinds, merges }: Vocabulary) {
  const ranks = new Map<string, number>()
  merges.forEach(([left, right], i) => {
    if (!ranks.has(left + right)) ranks.set(left + right, i)
  })
  const kindOf = (token: string, kind: number) => {
    if (kind === TOKEN_KINDS.normal && BYTE.test(token)) return TOKEN_KINDS.byte
    return token === '<unk>' ? TOKEN_KINDS.unknown : kind
  }
  return {
    // Tokens of the user's own are looked for in the text, which has spaces.
    tokens: tokens.map((token, i) => (kinds[i] === TOKEN_KINDS.user ? token.replaceAll(SPACE, ' ') : token)),
    kinds: kinds.map((kind, i) => kindOf(tokens[i] as string, kind)),
    scores: tokens.map((token) => scoreOf(token, ranks.get(token))),
  }
}

const scoreOf = (token: string, rank: number | undefined): number => {
  if (rank !== undefined) return -1 - rank
  return [...token].length === 1 ? 0 : NEVER
}

/**
 * Whether a space is put before a text; `unsupported-model` where a tokenizer.json (`path`) changes text in other ways than
 * by writing spaces as SentencePiece does.
 */
export function prefixesSpace(path: string, { normalizer, pre_tokenizer: splitter }: JsonObject): boolean {
  const steps = [...stepsOf(normalizer, 'normalizers'), ...stepsOf(splitter, 'pretokenizers')]
  const odd = steps.find((step) => !isPlain(step))
  if (!odd) return steps.some(prepends)
  throw fault('unsupported-model', `${path}: llama.cpp does not change text as its ${shown(odd, 200)} does.`, {
    hint: 'Export the merged model instead.',
  })
}

const prepends = ({ type, prepend_scheme: scheme, add_prefix_space: space }: JsonObject) =>
  type === 'Prepend' || (type === 'Metaspace' && (scheme === undefined ? space !== false : scheme !== 'never'))

/** Steps that write spaces, and Gemma's split at spaces of which there are none left. */
function isPlain({ type, prepend, pattern, content, replacement, behavior }: JsonObject): boolean {
  const of = isJsonObject(pattern) ? pattern.String : undefined
  if (type === 'Prepend') return prepend === SPACE
  if (type === 'Replace') return of === ' ' && content === SPACE
  if (type === 'Metaspace') return replacement === SPACE
  return type === 'Split' && of === ' ' && behavior === 'MergedWithPrevious'
}

function stepsOf(definition: unknown, list: string): JsonObject[] {
  if (!isJsonObject(definition)) return []
  const inner = definition[list]
  return definition.type === 'Sequence' && Array.isArray(inner) ? inner.filter(isJsonObject) : [definition]
}
