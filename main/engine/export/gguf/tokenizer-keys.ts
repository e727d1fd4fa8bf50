import { join } from 'node:path'
import { fault } from '../../../../shared/domain/error.ts'
import { shown } from '../../../../shared/domain/shown.ts'
import { MAX_TOKENIZER_BYTES, openTokenizer, type Tokenizer } from '../../data/tokenizer.ts'
import type { GgufValue } from '../../formats/gguf/gguf-format.ts'
import { isJsonObject, type JsonObject, readJsonObject } from '../../formats/json-file.ts'
import { preTokenizerName } from './pre-tokenizer.ts'
import { prefixesSpace, sentencePiece } from './sentencepiece.ts'
import { readVocabulary, type Vocabulary } from './vocabulary.ts'

type Keys = readonly (readonly [string, GgufValue])[]

const text = (value: string): GgufValue => ({ type: 'string', value })
const id = (value: number): GgufValue => ({ type: 'u32', value })
const flag = (value: boolean): GgufValue => ({ type: 'bool', value })
const texts = (values: readonly string[]): GgufValue => ({ type: 'array', of: 'string', values })
const kindsOf = (values: readonly number[]): GgufValue => ({ type: 'array', of: 'i32', values })

/**
 * The tokenizer of a model folder as llama.cpp reads it, for an embedding of `rows` tokens; `chatTemplate` goes with it.
 * `unsupported-model` faults for a tokenizer that llama.cpp does not have.
 */
export function tokenizerKeys(folder: string, rows: number, chatTemplate: string | null): Keys {
  const path = join(folder, 'tokenizer.json')
  const tokenizer = openTokenizer(folder)
  const definition = readJsonObject(path, MAX_TOKENIZER_BYTES)
  const vocabulary = readVocabulary(path, definition, rows)
  return [
    ...(isByteLevel(definition)
      ? byteLevelKeys(path, definition, vocabulary)
      : sentencePieceKeys(path, definition, vocabulary)),
    ...specialKeys(tokenizer, rows),
    ...(chatTemplate === null ? [] : [['tokenizer.chat_template', text(chatTemplate)] as const]),
  ]
}

const isByteLevel = (definition: JsonObject) => shown(definition.pre_tokenizer, 100_000).includes('"ByteLevel"')

function byteLevelKeys(path: string, definition: JsonObject, { tokens, kinds, merges }: Vocabulary): Keys {
  const { normalizer } = definition
  // Most text is in this form already; llama.cpp leaves it as it is.
  if (normalizer != null && !(isJsonObject(normalizer) && normalizer.type === 'NFC')) {
    throw fault('unsupported-model', `${path}: llama.cpp does not change text as its normalizer does.`, {
      hint: 'Export the merged model instead.',
      details: [shown(normalizer, 400)],
    })
  }
  return [
    ['tokenizer.ggml.model', text('gpt2')],
    ['tokenizer.ggml.pre', text(preTokenizerName(path, definition.pre_tokenizer))],
    ['tokenizer.ggml.tokens', texts(tokens)],
    ['tokenizer.ggml.token_type', kindsOf(kinds)],
    ['tokenizer.ggml.merges', texts(merges.map(([left, right]) => `${left} ${right}`))],
    ['tokenizer.ggml.add_space_prefix', flag(false)],
  ]
}

function sentencePieceKeys(path: string, definition: JsonObject, vocabulary: Vocabulary): Keys {
  const model = definition.model
  if (!isJsonObject(model) || model.byte_fallback !== true) {
    throw fault('unsupported-model', `${path}: its BPE falls back to no bytes, as GGUF are written those that do.`, {
      hint: 'Export the merged model instead.',
    })
  }
  const { tokens, kinds, scores } = sentencePiece(vocabulary)
  const unknown = typeof model.unk_token === 'string' ? vocabulary.tokens.indexOf(model.unk_token) : -1
  return [
    ['tokenizer.ggml.model', text('llama')],
    ['tokenizer.ggml.pre', text('default')],
    ['tokenizer.ggml.tokens', texts(tokens)],
    ['tokenizer.ggml.scores', { type: 'array', of: 'f32', values: scores }],
    ['tokenizer.ggml.token_type', kindsOf(kinds)],
    ...(unknown < 0 ? [] : [['tokenizer.ggml.unknown_token_id', id(unknown)] as const]),
    ['tokenizer.ggml.add_space_prefix', flag(prefixesSpace(path, definition))],
  ]
}

function specialKeys({ bosId, eosId, padId, addsBos, encode, wrap }: Tokenizer, rows: number): Keys {
  const has = (token: number | null): token is number => token !== null && token < rows
  return [
    ...(has(bosId) ? [['tokenizer.ggml.bos_token_id', id(bosId)] as const] : []),
    ...(has(eosId) ? [['tokenizer.ggml.eos_token_id', id(eosId)] as const] : []),
    ...(has(padId) ? [['tokenizer.ggml.padding_token_id', id(padId)] as const] : []),
    ['tokenizer.ggml.add_bos_token', flag(addsBos)],
    ['tokenizer.ggml.add_eos_token', flag(wrap(encode('a'), null).ids.at(-1) === eosId)],
  ]
}
