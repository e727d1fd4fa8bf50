import { fault } from '../../../../shared/domain/error.ts'
import { shown } from '../../../../shared/domain/shown.ts'
import { isJsonObject, type JsonObject } from '../../formats/json-file.ts'

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
const ENDING = '|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'
const UPPER = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]'
const LOWER = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]'
const FIRST = '[^\\r\\n\\p{L}\\p{N}]?'

/** A word of capitals and small letters as tekken and GPT-4o cut it, with what may follow. */
const cased = (after: string) => `${FIRST}${UPPER}*${LOWER}+${after}|${FIRST}${UPPER}+${LOWER}*${after}`

/** Expressions by which words are split, to llama.cpp's names for them; it has each built in, and reads none from a file. */
const SPLITS: ReadonlyMap<string, string> = new Map([
  [`${CONTRACTIONS}|${FIRST}\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*${ENDING}`, 'llama-bpe'],
  [`${CONTRACTIONS}|${FIRST}\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*${ENDING}`, 'qwen2'],
  [`${CONTRACTIONS}|${FIRST}[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*${ENDING}`, 'qwen35'],
  [`${cased('')}|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*${ENDING}`, 'tekken'],
  [`${cased(`${CONTRACTIONS}?`)}|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*${ENDING}`, 'gpt-4o'],
])

/** llama.cpp's name for the way in which a byte-level tokenizer.json (`path`) splits text before merging. */
export function preTokenizerName(path: string, definition: unknown): string {
  const name = nameOf(definition)
  if (name !== undefined) return name
  throw fault('unsupported-model', `${path}: llama.cpp does not split text as its pre_tokenizer does.`, {
    hint: 'Export the merged model instead; with the wrong split, answers of a GGUF would be worse without a word.',
    details: [shown(definition, 400)],
  })
}

function nameOf(definition: unknown): string | undefined {
  const [first, second, ...more] = stepsOf(definition)
  if (!first || more.length > 0) return undefined
  if (!second) return isBytes(first, true) ? 'gpt-2' : undefined
  if (first.type === 'Digits' && first.individual_digits === true && isBytes(second, true)) return 'smollm'
  const { pattern, behavior, invert } = first
  const expression = isJsonObject(pattern) ? pattern.Regex : undefined
  const splits = first.type === 'Split' && behavior === 'Isolated' && invert !== true && isBytes(second, false)
  return splits && typeof expression === 'string' ? SPLITS.get(expression) : undefined
}

function stepsOf(definition: unknown): JsonObject[] {
  if (!isJsonObject(definition)) return []
  const { type, pretokenizers } = definition
  return type === 'Sequence' && Array.isArray(pretokenizers) ? pretokenizers.filter(isJsonObject) : [definition]
}

/** `splits`: whether ByteLevel also cuts words as GPT-2 does. */
const isBytes = ({ type, add_prefix_space: space, use_regex: regex }: JsonObject, splits: boolean) =>
  type === 'ByteLevel' && space !== true && (regex !== false) === splits
