import { createHash } from 'node:crypto'
import { fault, toErrorData } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { manyFaults } from '../formats/file-fault.ts'
import { hashFiles } from '../formats/hash.ts'
import { labelCount } from './assemble.ts'
import { aboutRow, type Row, readRows } from './read-rows.ts'
import { type Render, type Rendered, templateOf } from './template.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Tokens from `from` up to `to`. */
export type Span = { readonly from: number; readonly to: number }

/** One tokenised row; the first `promptLength` tokens are given, the others are learnt. */
export type Sample = {
  readonly ids: Int32Array
  readonly promptLength: number
  /** Later tokens that are given too, in order: the questions of a conversation after the first. */
  readonly given?: readonly Span[]
  /** For tasks other than continuing text: what is judged; all tokens are fed then. */
  readonly task?: TaskLabels
  /** Sentence of each token, 0 or 1. */
  readonly types?: Int32Array
  /** The text that an embedding is held against. */
  readonly partner?: Text
  /** Samples that share this one's row; `ids` and `promptLength` say nothing then. */
  readonly parts?: readonly Sample[]
}

export type Text = { readonly ids: Int32Array; readonly types: Int32Array }

/** Labels at positions of a sample: classes, or the numbers of one label. */
export type TaskLabels = {
  readonly at: Int32Array
  readonly classes: Int32Array
  readonly values: Float32Array | null
}

export type SampleSet = {
  readonly samples: readonly Sample[]
  /** Rows of the file. */
  readonly rows: number
  /** Samples cut at max_seq_length, those left out counted too. */
  readonly truncated: number
  /** Rows left out because nothing to learn remained of them. */
  readonly dropped: number
}

const MAX_COMPLAINTS = 20

export type SampleOptions = Pick<RunConfig, 'prompt_template' | 'train_on_inputs' | 'max_seq_length'> &
  Partial<Pick<RunConfig, 'columns'>>

/** Reads, renders and tokenises a data file; `bad-data` and `bad-config` faults name file and row. */
export async function loadSamples(
  path: string,
  tokenizer: Tokenizer,
  vocabSize: number,
  options: SampleOptions,
): Promise<SampleSet> {
  return makeSamples(await readRows(path, options.columns), path, tokenizer, vocabSize, options)
}

/** Equal for samples of equal text; a digest, so that those of a large file fit the memory. */
export function sampleKey({ ids, partner }: Sample): string {
  const hash = createHash('sha1').update(ids)
  return (partner ? hash.update('|').update(partner.ids) : hash).digest('base64')
}

/** SHA-256 (hex) over the data files of a run, for its provenance. */
export const dataHash = (files: readonly (string | null)[]): string => hashFiles(files.filter((file) => file !== null))

/** The part of {@link loadSamples} after reading. */
export function makeSamples(
  rows: readonly Row[],
  path: string,
  tokenizer: Tokenizer,
  vocabSize: number,
  options: SampleOptions,
): SampleSet {
  const render = templateOf(options.prompt_template, tokenizer)
  const samples: Sample[] = []
  const complaints: string[] = []
  let truncated = 0
  for (const row of rows) {
    const { ids, promptLength, given } = tokenise(renderRow(row, render, path), tokenizer)
    // An id can be undefined too: the library gives that for a token that its vocabulary does not hold.
    const stranger = ids.findIndex((id) => !(id >= 0 && id < vocabSize))
    if (stranger >= 0) {
      complaints.push(aboutRow(path, row, `token id ${ids[stranger]}, the model has ${vocabSize} tokens`))
      if (complaints.length >= MAX_COMPLAINTS) break
    }
    if (ids.length > options.max_seq_length) truncated++
    const sample = masked({ ids, promptLength, given }, options)
    if (labelCount(sample) > 0) samples.push(sample)
  }
  if (complaints.length > 0) {
    throw manyFaults('bad-data', path, complaints, 'Do tokenizer.json and config.json belong to the same model?')
  }
  if (samples.length === 0) throw allMasked(path, rows.length, truncated, options)
  return { samples, rows: rows.length, truncated, dropped: rows.length - samples.length }
}

/** What a tokenised row is learnt of: cut to its longest length, all of it where the prompts are learnt too. */
export function masked(
  { ids, promptLength, given }: Tokenised,
  { max_seq_length: limit, train_on_inputs: learnsAll }: Pick<SampleOptions, 'max_seq_length' | 'train_on_inputs'>,
): Sample {
  const kept = Int32Array.from(ids.slice(0, limit))
  if (learnsAll) return { ids: kept, promptLength: 0 }
  const inside = given
    .filter(({ from }) => from < kept.length)
    .map(({ from, to }) => ({ from, to: Math.min(to, kept.length) }))
  return { ids: kept, promptLength, ...(inside.length > 0 && { given: inside }) }
}

/** Rendering knows neither file nor row; its faults get both here. */
export function renderRow(row: Row, render: Render, path: string): Rendered {
  try {
    return render(row)
  } catch (error) {
    const { code, message, ...rest } = toErrorData(error)
    throw fault(code, `${path}: ${aboutRow(path, row, message)}`, rest)
  }
}

export type Tokenised = {
  readonly ids: readonly number[]
  readonly promptLength: number
  readonly given: readonly Span[]
}

/**
 * Prompts and completions are encoded apart, so that no token spans the border and the mask is exact; then the end token,
 * unless the template wrote an end marker of its own. The start token comes first where the tokenizer wants one.
 */
export function tokenise({ prompt, completion, later = [], closed }: Rendered, tokenizer: Tokenizer): Tokenised {
  const { bosId, addsBos, eosId } = tokenizer
  const encoded = (text: string) => (text === '' ? [] : tokenizer.encode(text))
  const first = encoded(prompt)
  const ids = addsBos && bosId !== null && first[0] !== bosId ? [bosId, ...first] : [...first]
  const promptLength = ids.length
  ids.push(...tokenizer.encode(completion))
  const given = later.map((exchange): Span => {
    const from = ids.length
    ids.push(...encoded(exchange.prompt))
    const to = ids.length
    ids.push(...encoded(exchange.completion))
    return { from, to }
  })
  if (!closed && ids.at(-1) !== eosId) ids.push(eosId)
  return { ids, promptLength, given }
}

function allMasked(path: string, rows: number, truncated: number, { max_seq_length }: SampleOptions) {
  const why = `${truncated} of ${rows} rows are longer than max_seq_length ${max_seq_length}`
  return fault('bad-data', `${path}: all labels masked: no row has a token left to learn (${why}).`, {
    hint: truncated > 0 ? 'Raise max_seq_length, or shorten the prompts.' : 'The rows have no output to learn.',
  })
}
