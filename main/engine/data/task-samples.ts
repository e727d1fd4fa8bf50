import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { manyFaults } from '../formats/file-fault.ts'
import { strangeLabel } from './label-names.ts'
import type { LabelledRow } from './labelled-rows.ts'
import { aboutRow } from './read-rows.ts'
import type { Sample, SampleSet, TaskLabels, Text } from './samples.ts'
import type { EncodedPair, Tokenizer } from './tokenizer.ts'

export type TaskSampleOptions = Pick<RunConfig, 'task_type' | 'problem_type' | 'max_seq_length'> & {
  readonly labels: readonly string[]
  /** Whether a sequence is judged at its first token (encoders) or its last (decoders). */
  readonly readsFirst: boolean
}

const MAX_COMPLAINTS = 20

type Encoded = { readonly text: Text; readonly cut: boolean }

/** Tokenises the rows of a task other than continuing text; `bad-data` faults name file and row. */
export function makeTaskSamples(
  rows: readonly LabelledRow[],
  path: string,
  tokenizer: Tokenizer,
  vocabSize: number,
  options: TaskSampleOptions,
): SampleSet {
  const known = new Map(options.labels.map((name, i) => [name, i]))
  const groups = new Map<string, number>()
  const complaints: string[] = []
  const samples: Sample[] = []
  let truncated = 0
  for (const row of rows) {
    if (complaints.length >= MAX_COMPLAINTS) break
    const strange = strangeLabel(row, known)
    if (strange) {
      complaints.push(aboutRow(path, row, strange))
      continue
    }
    const { sample, cut } = sampleOf(row, tokenizer, options, known, groups)
    const stranger = [...sample.ids, ...(sample.partner?.ids ?? [])].find((id) => !(id >= 0 && id < vocabSize))
    if (stranger !== undefined) {
      complaints.push(aboutRow(path, row, `token id ${stranger}, the model has ${vocabSize}`))
    }
    if (cut) truncated++
    if ((sample.task?.at.length ?? 0) > 0) samples.push(sample)
  }
  const hint = 'Training, validation and test files must have the labels of the training data.'
  if (complaints.length > 0) throw manyFaults('bad-data', path, complaints, hint)
  return { samples, rows: rows.length, truncated, dropped: rows.length - samples.length }
}

function sampleOf(
  row: LabelledRow,
  tokenizer: Tokenizer,
  options: TaskSampleOptions,
  known: ReadonlyMap<string, number>,
  groups: Map<string, number>,
): { sample: Sample; cut: boolean } {
  if (row.kind === 'tokens') return tokenSample(row.tokens, row.tags, tokenizer, options.max_seq_length, known)
  const { max_seq_length: limit } = options
  if (options.task_type === 'FEATURE_EXTRACTION') {
    const [first, second] = [encodeOne(row.text, tokenizer, limit), encodeOne(row.pair ?? '', tokenizer, limit)]
    // Equal partners are no negatives for each other.
    const group = groups.get(row.pair ?? '') ?? groups.size
    groups.set(row.pair ?? '', group)
    const values = typeof row.label === 'number' ? Float32Array.of(row.label) : null
    const task: TaskLabels = { at: Int32Array.of(0), classes: Int32Array.of(group), values }
    const sample = { ...first.text, promptLength: 0, partner: second.text, task }
    return { sample, cut: first.cut || second.cut }
  }
  const { text, cut } =
    row.pair === null ? encodeOne(row.text, tokenizer, limit) : encodePair(row.text, row.pair, tokenizer, limit)
  const at = Int32Array.of(options.readsFirst ? 0 : text.ids.length - 1)
  return { sample: { ...text, promptLength: 0, task: { at, ...labelArrays(row.label, known) } }, cut }
}

function labelArrays(
  label: readonly string[] | number | null,
  known: ReadonlyMap<string, number>,
): Pick<TaskLabels, 'classes' | 'values'> {
  if (typeof label === 'number') return { classes: Int32Array.of(0), values: Float32Array.of(label) }
  const classes = (label ?? []).map((name) => known.get(name) as number)
  const values = new Float32Array(known.size)
  for (const one of classes) values[one] = 1
  return { classes: Int32Array.of(classes[0] ?? 0), values }
}

const encodeOne = (text: string, tokenizer: Tokenizer, limit: number): Encoded =>
  cutTo(limit, (extra) => {
    const ids = tokenizer.encode(text)
    return tokenizer.wrap(extra === 0 ? ids : ids.slice(0, Math.max(0, ids.length - extra)), null)
  })

/** The longer of two texts is shortened first, token by token (transformers' longest_first). */
const encodePair = (first: string, second: string, tokenizer: Tokenizer, limit: number): Encoded =>
  cutTo(limit, (extra) => {
    const [a, b] = [tokenizer.encode(first), tokenizer.encode(second)]
    for (let i = 0; i < extra; i++) (a.length > b.length ? a : b).pop()
    return tokenizer.wrap(a, b)
  })

function cutTo(limit: number, encode: (extra: number) => EncodedPair): Encoded {
  const whole = encode(0)
  const extra = whole.ids.length - limit
  const { ids, types } = extra > 0 ? encode(extra) : whole
  return { text: { ids: Int32Array.from(ids), types: Int32Array.from(types) }, cut: extra > 0 }
}

/** Words are tokenised one by one; a word's tag stands at its first token, as transformers' token classification does. */
function tokenSample(
  words: readonly string[],
  tags: readonly string[],
  tokenizer: Tokenizer,
  limit: number,
  known: ReadonlyMap<string, number>,
): { sample: Sample; cut: boolean } {
  const ids: number[] = []
  const starts: number[] = []
  for (const word of words) {
    const pieces = tokenizer.encodeWord(word)
    starts.push(pieces.length === 0 ? -1 : ids.length)
    ids.push(...pieces)
  }
  const { before, ids: around } = tokenizer.wrap([], null)
  const inside = Math.min(ids.length, limit - around.length)
  const kept = tokenizer.wrap(ids.slice(0, inside), null)
  const seen = starts
    .map((start, i) => ({ start, tag: tags[i] as string }))
    .filter(({ start }) => start >= 0 && start < inside)
  const task: TaskLabels = {
    at: Int32Array.from(seen, ({ start }) => start + before),
    classes: Int32Array.from(seen, ({ tag }) => known.get(tag) as number),
    values: null,
  }
  const text = { ids: Int32Array.from(kept.ids), types: Int32Array.from(kept.types) }
  return { sample: { ...text, promptLength: 0, task }, cut: inside < ids.length }
}
