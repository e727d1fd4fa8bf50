import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fault } from '../../../shared/domain/error.ts'
import { shown } from '../../../shared/domain/shown.ts'
import { isJsonObject, type JsonObject, readJsonObject, readTextFile } from '../formats/json-file.ts'
import { buildTokenizer, type LibraryTokenizer } from './library-tokenizer.ts'

/** A model's tokenizer; ids are those of Python's `tokenizers`. */
export type Tokenizer = {
  /** Token ids of a text, without tokens added around it; names of special tokens inside the text become those tokens. */
  readonly encode: (text: string) => number[]
  /** Token ids of a word inside a sentence. */
  readonly encodeWord: (word: string) => number[]
  /** Puts the tokens around one text or two that the tokenizer's template wants, such as [CLS] and [SEP]. */
  readonly wrap: (ids: readonly number[], pair: readonly number[] | null) => EncodedPair
  readonly decode: (ids: readonly number[]) => string
  readonly eosId: number
  readonly eosToken: string
  /** The tokenizer's padding token, or its end token where it has none. */
  readonly padId: number
  readonly bosId: number | null
  readonly bosToken: string | null
  /** Whether the tokenizer itself starts every text with bosId. */
  readonly addsBos: boolean
  /** Jinja text of the model's chat template. */
  readonly chatTemplate: string | null
}

/** Token ids with the number of the text of each (0 or 1); the first text starts behind `before` tokens. */
export type EncodedPair = { readonly ids: number[]; readonly types: number[]; readonly before: number }

export const MAX_TOKENIZER_BYTES = 200_000_000
const maxConfigBytes = 20_000_000

/**
 * Loads tokenizer.json and its settings from a model folder; `bad-file` faults say which file is wrong and how.
 * `seconds` is the time a first short text may take.
 */
export function openTokenizer(folder: string, seconds?: number): Tokenizer {
  const path = join(folder, 'tokenizer.json')
  if (!existsSync(path)) throw noTokenizer(folder)
  const settings = optionalJson(join(folder, 'tokenizer_config.json'))
  const definition = readJsonObject(path, MAX_TOKENIZER_BYTES)
  const library = buildTokenizer(path, definition, settings, seconds)
  // Byte-pair vocabularies of bytes hold a word with the space before it.
  const space = shown(definition.pre_tokenizer, 100_000).includes('"ByteLevel"') ? ' ' : ''
  const idOf = (token: string | null) => (token === null ? null : (library.idOf(token) ?? null))
  const eos = endToken(folder, library, settings)
  const bosToken = tokenText(settings.bos_token)
  const bosId = idOf(bosToken)
  return {
    encode: library.bare,
    encodeWord: (word) => library.bare(space + word),
    wrap: wrapper(library),
    decode: (ids) => (ids.length === 0 ? '' : library.decode(ids)),
    eosId: eos.id,
    eosToken: eos.token,
    padId: idOf(tokenText(settings.pad_token)) ?? eos.id,
    bosId,
    bosToken,
    addsBos: bosId !== null && library.whole('a', null).ids[0] === bosId,
    chatTemplate: chatTemplateIn(folder, settings),
  }
}

const optionalJson = (path: string): JsonObject => (existsSync(path) ? readJsonObject(path, maxConfigBytes) : {})

/** The tokenizer's template, found by looking at what it does to two letters. */
function wrapper(library: LibraryTokenizer): Tokenizer['wrap'] {
  const [a, b] = [library.bare('a'), library.bare('b')]
  const one = library.whole('a', null)
  const two = library.whole('a', 'b')
  const single = around(one.ids, [a])
  const double = around(two.ids, [a, b])
  const typesOf = (places: readonly (readonly [number, number])[], types: readonly number[], repeats: number[]) =>
    places.flatMap(([from, to], i) => [
      ...types.slice(from, to),
      ...(i < repeats.length ? new Array<number>(repeats[i] as number).fill(i === 0 ? 0 : (types[to] ?? 0)) : []),
    ])
  return (ids, pair) => {
    const places = pair === null ? single : double
    const source = pair === null ? one : two
    const texts = pair === null ? [ids] : [ids, pair]
    const piece = ([from, to]: readonly [number, number]) => source.ids.slice(from, to)
    return {
      ids: places.flatMap((place, i) => [...piece(place), ...(texts[i] ?? [])]),
      types: typesOf(
        places,
        source.types,
        texts.map(({ length }) => length),
      ),
      before: (places[0] as readonly [number, number])[1],
    }
  }
}

/** Where the template's own tokens are: before, between and behind the texts. */
function around(whole: readonly number[], texts: readonly (readonly number[])[]): (readonly [number, number])[] {
  const places: (readonly [number, number])[] = []
  let from = 0
  for (const text of texts) {
    const at = whole.findIndex((_, i) => i >= from && text.every((id, k) => whole[i + k] === id))
    places.push([from, Math.max(from, at)])
    from = Math.max(from, at) + text.length
  }
  return [...places, [from, whole.length]]
}

/** Settings hold a token as its text or as an object with its text in `content`. */
function tokenText(value: unknown): string | null {
  const text = isJsonObject(value) ? value.content : value
  return typeof text === 'string' ? text : null
}

/** The end token named by tokenizer_config.json, else the `eos_token_id` of config.json. */
function endToken(folder: string, library: LibraryTokenizer, settings: JsonObject): { id: number; token: string } {
  // Encoders end a text with their separator.
  const named = tokenText(settings.eos_token) ?? tokenText(settings.sep_token)
  const namedId = named === null ? undefined : library.idOf(named)
  if (named !== null && namedId !== undefined) return { id: namedId, token: named }
  const listed = optionalJson(join(folder, 'config.json')).eos_token_id
  const id: unknown = Array.isArray(listed) ? listed[0] : listed
  const token = typeof id === 'number' ? library.tokenOf(id) : undefined
  if (typeof id === 'number' && token !== undefined) return { id, token }
  const got =
    named === null ? 'names no eos_token' : `names the eos_token ${shown(named)}, which tokenizer.json does not have`
  throw fault('bad-file', `${join(folder, 'tokenizer_config.json')}: it ${got}.`, {
    hint: 'Add "eos_token": the token that ends an answer, such as "</s>".',
  })
}

/** The chat template in a folder: chat_template.jinja, else `chat_template` of the settings, a text or a list of named texts with a default. */
export function chatTemplateIn(
  folder: string,
  settings: JsonObject = optionalJson(join(folder, 'tokenizer_config.json')),
): string | null {
  const path = join(folder, 'chat_template.jinja')
  if (existsSync(path)) return readTextFile(path, maxConfigBytes)
  const given = settings.chat_template
  if (typeof given === 'string') return given
  if (!Array.isArray(given)) return null
  const entries: unknown[] = given
  const chosen = entries.filter(isJsonObject).find(({ name }) => name === 'default')
  return typeof chosen?.template === 'string' ? chosen.template : null
}

function noTokenizer(folder: string) {
  const older = ['tokenizer.model', 'vocab.json', 'vocab.txt'].find((name) => existsSync(join(folder, name)))
  return fault('bad-file', `${folder}: there is no tokenizer.json${older ? `, only ${older}` : ''}.`, {
    hint: older
      ? 'Save the model once with a current transformers version (AutoTokenizer … save_pretrained): it writes tokenizer.json.'
      : 'Download tokenizer.json from where the model came from.',
  })
}
