import { statSync } from 'node:fs'
import type { DataFacts, DataQuestion, DataTask, TokenPiece } from '../../../shared/domain/data-facts.ts'
import type { Problem } from '../../../shared/domain/model-facts.ts'
import { labelCount } from '../data/assemble.ts'
import { readLabelledRows } from '../data/labelled-rows.ts'
import { type Row, readRows } from '../data/read-rows.ts'
import { masked, renderRow, type Sample, tokenise } from '../data/samples.ts'
import { type Render, templateOf } from '../data/template.ts'
import { openTokenizer, type Tokenizer } from '../data/tokenizer.ts'
import { onFile } from '../formats/file-fault.ts'
import { type AnyRow, areTexts, formatOf, labelFacts } from './labels.ts'
import { histogramOf } from './lengths.ts'
import { finding, lintRows } from './lint.ts'
import { paddingOf } from './padding.ts'
import { attempt, attemptAsync } from './problem.ts'
import { rawRows } from './rows.ts'

const SHOWN_SAMPLES = 6
/** Pieces of one sample; a long text is shown by its beginning. */
const SHOWN_TOKENS = 1_500
const MEASURED_ROWS = 50_000

/** A row as tokens: all of them, and what remains of it to be learnt. */
type Tokens = { readonly line: number; readonly ids: readonly number[]; readonly sample: Sample }

/** What a data file holds: its rows, what the model would see of them, their lengths and what looks wrong. */
export async function inspectData(question: DataQuestion): Promise<DataFacts> {
  const { file, validationFile, model } = question
  const problems: Problem[] = []
  const bytes = attempt(problems, 'train_file', () => onFile(file, () => statSync(file).size))
  if (bytes === null) return { ...emptyFacts(file), problems }
  const raw = await attemptAsync(problems, 'train_file', () => rawRows(file, question.columns))
  const task = taskOf(question, raw?.looksLike ?? null)
  const read = (path: string) => rowsOf(path, question.columns, task)
  const rows = raw && (await attemptAsync(problems, 'train_file', () => read(file)))
  const held = validationFile ? await attemptAsync(problems, 'validation_file', () => read(validationFile)) : null
  const facts = { ...emptyFacts(file), ...(raw ?? {}), bytes, rows: rows?.length ?? null, format: formatOf(rows ?? []) }
  if (rows === null) return { ...facts, problems }
  const tokens = model === null || !areTexts(rows) ? null : tokenFacts(rows, question, model, problems)
  return {
    ...facts,
    ...tokens?.facts,
    ...labelFacts(rows),
    lint: [...lintRows(rows, held), ...(tokens?.lint ?? [])],
    problems,
  }
}

const LANGUAGE: DataTask = { taskType: 'CAUSAL_LM', problemType: 'single_label_classification' }

const taskOf = ({ taskType, problemType }: DataQuestion, guess: DataTask | null): DataTask =>
  taskType === 'auto' ? (guess ?? LANGUAGE) : { taskType, problemType }

async function rowsOf(path: string, columns: DataQuestion['columns'], task: DataTask): Promise<readonly AnyRow[]> {
  const { taskType, problemType } = task
  if (taskType === 'CAUSAL_LM') return readRows(path, columns)
  return readLabelledRows(path, columns, { task_type: taskType, problem_type: problemType })
}

const emptyFacts = (file: string): DataFacts => ({
  file,
  bytes: 0,
  place: 'line',
  rows: null,
  format: '',
  columns: [],
  looksLike: null,
  labels: [],
  labelKinds: 0,
  preview: [],
  samples: [],
  histogram: [],
  lengths: null,
  lint: [],
  problems: [],
})

function tokenFacts(rows: readonly Row[], question: DataQuestion, model: string, problems: Problem[]) {
  const { promptTemplate, maxSeqLength } = question
  const tokenizer = attempt(problems, 'model_name_or_path', () => openTokenizer(model))
  const render = tokenizer && attempt(problems, 'prompt_template', () => templateOf(promptTemplate, tokenizer))
  if (!tokenizer || !render) return null
  const tokens = attempt(problems, 'prompt_template', () => tokensOf(rows, render, tokenizer, question))
  if (tokens === null) return null
  const lengths = tokens.map(({ ids }) => ids.length)
  const linesWhere = (test: (row: Tokens) => boolean) => tokens.filter(test).map(({ line }) => line)
  return {
    facts: {
      samples: tokens.slice(0, SHOWN_SAMPLES).map((row) => sampleOf(row, tokenizer, maxSeqLength)),
      histogram: histogramOf(lengths),
      lengths: lengthFacts(tokens, maxSeqLength),
    },
    lint: [
      ...finding(
        'truncated',
        linesWhere(({ ids }) => ids.length > maxSeqLength),
      ),
      ...finding(
        'dropped',
        linesWhere(({ sample }) => labelCount(sample) === 0),
      ),
    ],
  }
}

function tokensOf(rows: readonly Row[], render: Render, tokenizer: Tokenizer, question: DataQuestion): Tokens[] {
  const options = { max_seq_length: question.maxSeqLength, train_on_inputs: question.trainOnInputs }
  return rows.slice(0, MEASURED_ROWS).map((row) => {
    const tokens = tokenise(renderRow(row, render, question.file), tokenizer)
    return { line: row.line, ids: tokens.ids, sample: masked(tokens, options) }
  })
}

function lengthFacts(tokens: readonly Tokens[], maxSeqLength: number): NonNullable<DataFacts['lengths']> {
  const sorted = tokens.map(({ ids }) => ids.length).sort((a, b) => a - b)
  const kept = ({ ids }: Tokens) => Math.min(ids.length, maxSeqLength)
  const total = (of: (row: Tokens) => number) => tokens.reduce((sum, row) => sum + of(row), 0)
  return {
    measured: tokens.length,
    shortest: sorted[0] ?? 0,
    median: sorted[Math.floor(sorted.length / 2)] ?? 0,
    longest: sorted.at(-1) ?? 0,
    tokens: total(kept),
    trained: total(({ sample }) => labelCount(sample)),
    padding: paddingOf(
      tokens.map(({ sample }) => sample),
      maxSeqLength,
    ),
  }
}

/** One piece a token, with the text it stands for; the first token is predicted by nothing, so it is given. */
function sampleOf({ line, ids, sample }: Tokens, tokenizer: Tokenizer, maxSeqLength: number) {
  const { promptLength, given = [] } = sample
  const kindOf = (position: number): TokenPiece['kind'] => {
    if (position >= maxSeqLength) return 'cut'
    const asked =
      position < Math.max(1, promptLength) || given.some(({ from, to }) => position >= from && position < to)
    return asked ? 'prompt' : 'trained'
  }
  const pieces = tokenTexts(ids.slice(0, SHOWN_TOKENS), tokenizer).map((text, i) => ({ text, kind: kindOf(i) }))
  return { line, tokens: ids.length, pieces }
}

/** What each token adds to the text: decoded in context, since a letter can be several tokens and a space part of one. */
function tokenTexts(ids: readonly number[], tokenizer: Tokenizer): string[] {
  const context = 8
  return ids.map((_, i) => {
    const start = Math.max(0, i - context)
    const before = tokenizer.decode(ids.slice(start, i))
    const whole = tokenizer.decode(ids.slice(start, i + 1))
    return whole.startsWith(before) ? whole.slice(before.length) : tokenizer.decode(ids.slice(i, i + 1))
  })
}
