import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { templateOf } from '../../../main/engine/data/template.ts'
import { openTokenizer } from '../../../main/engine/data/tokenizer.ts'

export const CHAT_TEMPLATE = `{% for message in messages %}{{ '<|' + message['role'] + '|>' }}
{{ message['content'] | trim }}{{ eos_token }}
{% endfor %}{% if add_generation_prompt %}<|assistant|>
{% endif %}`
export const TOKENIZER_CONFIG = {
  bos_token: '<s>',
  eos_token: '</s>',
  pad_token: { content: '<pad>' },
  chat_template: CHAT_TEMPLATE,
}

/** A byte-pair tokenizer with a vocabulary small enough to be changed often. */
export function smallTokenizer(): object {
  const letters = [...'abcdefghijklmnopqrstuvwxyzĠ.<|>']
  const pieces = ['<s>', '</s>', '<pad>', ...letters, 'th', 'he', 'Ġt']
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: ['<s>', '</s>', '<pad>'].map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: 'Sequence',
      normalizers: [{ type: 'NFC' }, { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' }],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: '\\p{N}{1,3}' }, behavior: 'Isolated', invert: false },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [0], tokens: ['<s>'] } },
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges: [
        ['t', 'h'],
        ['h', 'e'],
        ['Ġ', 't'],
      ],
    },
  }
}

export function writeAll(folder: string, files: Readonly<Record<string, string | object>>): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
}

export const writeTokenizer = (folder: string) =>
  writeAll(folder, { 'tokenizer.json': smallTokenizer(), 'tokenizer_config.json': TOKENIZER_CONFIG, 'config.json': {} })

export function useTokenizer(folder: string): void {
  const tokenizer = openTokenizer(folder)
  for (const sample of ['the oak', 'a  b 1234 ü𝕏', '</s>the<s>']) tokenizer.decode(tokenizer.encode(sample))
  tokenizer.wrap(tokenizer.encode('a'), tokenizer.encode('b'))
  if (tokenizer.chatTemplate === null) return
  templateOf('chat', tokenizer)({ kind: 'pair', line: 1, prompt: 'the', completion: 'oak' })
}

/** Beside another config.json. */
export const writeTokenizerInto = (folder: string) =>
  writeAll(folder, { 'tokenizer.json': smallTokenizer(), 'tokenizer_config.json': TOKENIZER_CONFIG })
