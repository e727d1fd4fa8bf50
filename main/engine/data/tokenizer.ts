import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers'
import { fault } from '../../../shared/domain/error.ts'
import { isJsonObject, type JsonObject, readJsonObject, readTextFile } from '../formats/json-file.ts'

/** A model's tokenizer; ids are those of Python's `tokenizers`. */
export type Tokenizer = {
  /** Token ids of a text, without tokens added around it; names of special tokens inside the text become those tokens. */
  readonly encode: (text: string) => number[]
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

const maxTokenizerBytes = 200_000_000
const maxConfigBytes = 20_000_000

/** Loads tokenizer.json and its settings from a model folder; `bad-file` faults say which file is wrong and how. */
export function openTokenizer(folder: string): Tokenizer {
  const path = join(folder, 'tokenizer.json')
  if (!existsSync(path)) throw noTokenizer(folder)
  const settings = optionalJson(join(folder, 'tokenizer_config.json'))
  const library = build(path, readJsonObject(path, maxTokenizerBytes), settings)
  const idOf = (token: string | null) => (token === null ? null : (library.token_to_id(token) ?? null))
  const eos = endToken(folder, library, settings)
  const bosToken = tokenText(settings.bos_token)
  const bosId = idOf(bosToken)
  return {
    encode: (text) => library.encode(text, { add_special_tokens: false }).ids,
    decode: (ids) =>
      ids.length === 0
        ? ''
        : library.decode([...ids], { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
    eosId: eos.id,
    eosToken: eos.token,
    padId: idOf(tokenText(settings.pad_token)) ?? eos.id,
    bosId,
    bosToken,
    addsBos: bosId !== null && library.encode('a').ids[0] === bosId,
    chatTemplate: readChatTemplate(folder, settings),
  }
}

function build(path: string, definition: JsonObject, settings: JsonObject): LibraryTokenizer {
  try {
    return new LibraryTokenizer(definition, settings)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw fault('bad-file', `${path}: no tokenizer could be built from it: ${reason}.`, {
      hint: 'The file is damaged, or of a kind that is not supported; download it again.',
    })
  }
}

const optionalJson = (path: string): JsonObject => (existsSync(path) ? readJsonObject(path, maxConfigBytes) : {})

/** Settings hold a token as its text or as an object with its text in `content`. */
function tokenText(value: unknown): string | null {
  const text = isJsonObject(value) ? value.content : value
  return typeof text === 'string' ? text : null
}

/** The end token named by tokenizer_config.json, else the `eos_token_id` of config.json. */
function endToken(folder: string, library: LibraryTokenizer, settings: JsonObject): { id: number; token: string } {
  const named = tokenText(settings.eos_token)
  const namedId = named === null ? undefined : library.token_to_id(named)
  if (named !== null && namedId !== undefined) return { id: namedId, token: named }
  const listed = optionalJson(join(folder, 'config.json')).eos_token_id
  const id: unknown = Array.isArray(listed) ? listed[0] : listed
  const token = typeof id === 'number' ? library.id_to_token(id) : undefined
  if (typeof id === 'number' && token !== undefined) return { id, token }
  const got =
    named === null
      ? 'names no eos_token'
      : `names the eos_token ${JSON.stringify(named)}, which tokenizer.json does not have`
  throw fault('bad-file', `${join(folder, 'tokenizer_config.json')}: it ${got}.`, {
    hint: 'Add "eos_token": the token that ends an answer, such as "</s>".',
  })
}

/** chat_template.jinja, else `chat_template` of the settings: a text, or a list of named texts with a default. */
function readChatTemplate(folder: string, settings: JsonObject): string | null {
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
