import type { Tokenizer } from '../../../../main/engine/data/tokenizer.ts'

/** A tokenizer of whole words between spaces; id 0 ends a text, unknown words are 1. */
export function wordTokenizer(words: readonly string[]): Tokenizer {
  const known = ['</s>', '?', ...words]
  const encode = (text: string) =>
    text
      .split(/\s+/)
      .filter((word) => word !== '')
      .map((word) => Math.max(1, known.indexOf(word)))
  return {
    encode,
    encodeWord: encode,
    wrap: (ids) => ({ ids: [...ids], types: ids.map(() => 0), before: 0 }),
    decode: (ids) => ids.map((id) => known[id]).join(' '),
    eosId: 0,
    eosToken: '</s>',
    padId: 0,
    bosId: null,
    bosToken: null,
    addsBos: false,
    chatTemplate: null,
  }
}
