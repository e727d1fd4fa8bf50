import { fault } from '../../../shared/domain/error.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import { manyFaults } from '../formats/file-fault.ts'
import { hashFiles } from '../formats/hash.ts'
import { type Row, readRows } from './read-rows.ts'
import { type Rendered, templateOf } from './template.ts'
import type { Tokenizer } from './tokenizer.ts'

/** One tokenised row; the first `promptLength` tokens are given, the others are learnt. */
export type Sample = {
  readonly ids: Int32Array
  readonly promptLength: number
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

export type SampleOptions = Pick<RunConfig, 'prompt_template' | 'train_on_inputs' | 'max_seq_length'> &
  Partial<Pick<RunConfig, 'columns'>>

/** Reads, renders and tokenises a data file; `bad-data` and `bad-config` faults name file and row. */
export function loadSamples(path: string, tokenizer: Tokenizer, vocabSize: number, options: SampleOptions): SampleSet {
  return makeSamples(readRows(path, options.columns), path, tokenizer, vocabSize, options)
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
    const { ids, promptLength } = tokenise(render(row), tokenizer)
    // An id can be undefined too: the library gives that for a token that its vocabulary does not hold.
    const stranger = ids.findIndex((id) => !(id >= 0 && id < vocabSize))
    if (stranger >= 0) complaints.push(`line ${row.line}: token id ${ids[stranger]}, the model has ${vocabSize} tokens`)
    if (ids.length > options.max_seq_length) truncated++
    const kept = Int32Array.from(ids.slice(0, options.max_seq_length))
    const learntFrom = options.train_on_inputs ? 0 : promptLength
    if (kept.length > Math.max(1, learntFrom)) samples.push({ ids: kept, promptLength: learntFrom })
  }
  if (complaints.length > 0) {
    throw manyFaults('bad-data', path, complaints, 'Do tokenizer.json and config.json belong to the same model?')
  }
  if (samples.length === 0) throw allMasked(path, rows.length, truncated, options)
  return { samples, rows: rows.length, truncated, dropped: rows.length - samples.length }
}

/**
 * Prompt and completion are encoded apart, so that no token spans the border and the mask is exact; then the end token,
 * unless the template wrote an end marker of its own. The start token comes first where the tokenizer wants one.
 */
export function tokenise(rendered: Rendered, tokenizer: Tokenizer): { ids: number[]; promptLength: number } {
  const prompt = rendered.prompt === '' ? [] : tokenizer.encode(rendered.prompt)
  const completion = tokenizer.encode(rendered.completion)
  const { bosId, addsBos, eosId } = tokenizer
  if (addsBos && bosId !== null && prompt[0] !== bosId) prompt.unshift(bosId)
  if (!rendered.closed && completion.at(-1) !== eosId) completion.push(eosId)
  return { ids: [...prompt, ...completion], promptLength: prompt.length }
}

function allMasked(path: string, rows: number, truncated: number, { max_seq_length }: SampleOptions) {
  const why = `${truncated} of ${rows} rows are longer than max_seq_length ${max_seq_length}`
  return fault('bad-data', `${path}: all labels masked: no row has a token left to learn (${why}).`, {
    hint: truncated > 0 ? 'Raise max_seq_length, or shorten the prompts.' : 'The rows have no output to learn.',
  })
}
