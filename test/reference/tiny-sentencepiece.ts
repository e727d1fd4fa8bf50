import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const SPECIAL = ['<pad>', '<eos>', '<bos>', '<unk>']
const TURNS = ['<start_of_turn>', '<end_of_turn>']
const BYTES = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`)
const WORDS = [
  '▁the',
  '▁a',
  '▁tree',
  '▁tall',
  'oak',
  '▁oak',
  'ing',
  '▁and',
  '▁that',
  '▁▁',
  'er',
  '▁water',
  'é',
  '東京',
  '▁ca',
]
const LETTERS = [...'▁abcdefghijklmnopqrstuvwxyzABCDEFGH0123456789.,:;!?\'"-()', 'é', '東', '京']

/** Pieces the shortest first, so that each can be made from two that stand before it. */
const PIECES = [...new Set(WORDS.flatMap((word) => [...word].map((_, i, all) => all.slice(0, i + 1).join(''))))]
  .filter((piece) => [...piece].length > 1)
  .sort((a, b) => [...a].length - [...b].length)

const TOKENS = [...SPECIAL, ...BYTES, ...PIECES, ...LETTERS.filter((letter) => !PIECES.includes(letter)), ...TURNS]
export const SENTENCE_PIECES = TOKENS.length

/**
 * Writes tokenizer.json and tokenizer_config.json of a SentencePiece vocabulary as transformers turns one into merges: all
 * pairs that make a piece, in the order of the pieces; what has no piece falls back to its bytes.
 */
export function writeSentencePiece(folder: string, kind: 'llama' | 'gemma'): void {
  const vocab = Object.fromEntries(TOKENS.map((token, id) => [token, id]))
  const added = [...SPECIAL, ...TURNS].map((content) => ({
    id: vocab[content],
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }))
  const model = { type: 'BPE', unk_token: '<unk>', fuse_unk: true, byte_fallback: true, vocab, merges: merges(vocab) }
  const start = { SpecialToken: { id: '<bos>', type_id: 0 } }
  const post_processor = {
    type: 'TemplateProcessing',
    single: [start, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [start, { Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: { '<bos>': { id: '<bos>', ids: [vocab['<bos>']], tokens: ['<bos>'] } },
  }
  const spaces = { type: 'Replace', pattern: { String: ' ' }, content: '▁' }
  const text =
    kind === 'gemma'
      ? {
          normalizer: spaces,
          pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
        }
      : {
          normalizer: null,
          pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false },
        }
  const decoder = {
    type: 'Sequence',
    decoders: [{ type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }],
  }
  const definition = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    ...text,
    post_processor,
    decoder,
    model,
  }
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(definition))
  const settings = {
    tokenizer_class: kind === 'gemma' ? 'GemmaTokenizer' : 'LlamaTokenizer',
    bos_token: '<bos>',
    eos_token: '<eos>',
    unk_token: '<unk>',
    pad_token: '<pad>',
    add_bos_token: true,
  }
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(settings))
}

const merges = (vocab: Readonly<Record<string, number>>): [string, string][] =>
  PIECES.flatMap((piece) => {
    const letters = [...piece]
    return letters.slice(1).flatMap((_, i): [string, string][] => {
      const [left, right] = [letters.slice(0, i + 1).join(''), letters.slice(i + 1).join('')]
      return left in vocab && right in vocab ? [[left, right]] : []
    })
  })
