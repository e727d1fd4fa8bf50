import { fault } from '../../../../shared/domain/error.ts'
import { isJsonObject, type JsonObject } from '../../formats/json-file.ts'

/** ggml's kinds of tokens. */
export const TOKEN_KINDS = { normal: 1, unknown: 2, control: 3, user: 4, unused: 5, byte: 6 } as const

/** One token for each row of the embedding, by id. */
export type Vocabulary = { readonly tokens: string[]; readonly kinds: number[]; readonly merges: readonly Merge[] }
export type Merge = readonly [left: string, right: string]

/** `tokenizer.json` as far as a BPE vocabulary goes. */
type Definition = {
  readonly vocab: JsonObject
  readonly merges: readonly unknown[]
  readonly added: readonly JsonObject[]
}

/**
 * Tokens and merges of a tokenizer.json (`path`) of the kind BPE. Ids without a token are filled up, as the embedding has
 * rows for them; tokens beyond its `rows` are left out, as the model has none for them.
 */
export function readVocabulary(path: string, definition: JsonObject, rows: number): Vocabulary {
  const { vocab, merges, added } = bpeParts(path, definition)
  const tokens = Array.from({ length: rows }, (_, id) => `[PAD${id}]`)
  const kinds = new Array<number>(rows).fill(TOKEN_KINDS.unused)
  const put = (token: string, id: unknown, kind: number) => {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0) throw damaged(path, `token "${token}" has no id`)
    if (id >= rows) return
    tokens[id] = token
    kinds[id] = kind
  }
  for (const [token, id] of Object.entries(vocab)) put(token, id, TOKEN_KINDS.normal)
  for (const { content, id, special } of added) {
    if (typeof content !== 'string') throw damaged(path, 'an added token has no content')
    put(content, id, special === true ? TOKEN_KINDS.control : TOKEN_KINDS.user)
  }
  return { tokens, kinds, merges: merges.map((merge) => mergeOf(path, merge)) }
}

function bpeParts(path: string, { model, added_tokens: added = [] }: JsonObject): Definition {
  if (!isJsonObject(model)) throw damaged(path, 'it has no "model"')
  const { vocab, merges, type = 'BPE' } = model
  if (type !== 'BPE') {
    throw fault('unsupported-model', `${path}: its tokenizer is ${String(type)}, as GGUF are written: BPE.`, {
      hint: 'Export the merged model instead.',
    })
  }
  if (!isJsonObject(vocab) || !Array.isArray(merges)) throw damaged(path, 'its model has no "vocab" or no "merges"')
  return { vocab, merges, added: Array.isArray(added) ? added.filter(isJsonObject) : [] }
}

/** Older files write a pair as one text with a space between. */
function mergeOf(path: string, merge: unknown): Merge {
  const pair: unknown = typeof merge === 'string' ? merge.split(' ') : merge
  if (Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string')) {
    return pair as unknown as Merge
  }
  throw damaged(path, 'a merge is no pair of tokens')
}

const damaged = (path: string, what: string) =>
  fault('bad-file', `${path}: ${what}.`, { hint: 'The file is damaged; download it again.' })
