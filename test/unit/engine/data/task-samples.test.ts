import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { assemble } from '../../../../main/engine/data/assemble.ts'
import { labelNames } from '../../../../main/engine/data/label-names.ts'
import { type LabelledRow, readLabelledRows } from '../../../../main/engine/data/labelled-rows.ts'
import { makeTaskSamples } from '../../../../main/engine/data/task-samples.ts'
import { openTokenizer } from '../../../../main/engine/data/tokenizer.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { thrownBy } from '../thrown-by.ts'
import { rowFile } from './row-file.ts'

const WORDS = ['[PAD]', '[CLS]', '[SEP]', '[UNK]', 'a', 'b', 'c', 'd', '##x']

/** A tokenizer as BERT has it: word pieces, with [CLS] before and [SEP] behind each text. */
function bertTokenizer() {
  const folder = temporaryFolder()
  const special = (content: string, id: number) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  })
  const token = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } })
  const text = (id: string, type_id: number) => ({ Sequence: { id, type_id } })
  const definition = {
    version: '1.0',
    added_tokens: WORDS.slice(0, 4).map(special),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [token('[CLS]', 0), text('A', 0), token('[SEP]', 0)],
      pair: [token('[CLS]', 0), text('A', 0), token('[SEP]', 0), text('B', 1), token('[SEP]', 1)],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [1], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [2], tokens: ['[SEP]'] },
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(WORDS.map((word, i) => [word, i])),
    },
  }
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(definition))
  writeFileSync(
    join(folder, 'tokenizer_config.json'),
    JSON.stringify({ sep_token: '[SEP]', pad_token: '[PAD]', tokenizer_class: 'BertTokenizer' }),
  )
  return openTokenizer(folder)
}

const SEQUENCE = { task_type: 'SEQ_CLS', problem_type: 'single_label_classification' } as const
const settings = { ...SEQUENCE, max_seq_length: 8, labels: ['no', 'yes'], readsFirst: true }
const rowsOf = (...rows: Partial<LabelledRow>[]) =>
  rows.map((row, i) => ({ line: i + 1, kind: 'sequence', pair: null, label: ['yes'], ...row })) as LabelledRow[]
const samplesOf = (rows: LabelledRow[], extra = {}) =>
  makeTaskSamples(rows, 'rows.csv', bertTokenizer(), WORDS.length, { ...settings, ...extra })

describe('samples of a task', () => {
  it('wear what the tokenizer puts around one text and around two', () => {
    const { samples } = samplesOf(rowsOf({ text: 'a bx' }, { text: 'a', pair: 'b c' } as Partial<LabelledRow>))
    expect([...(samples[0]?.ids ?? [])]).toEqual([1, 4, 5, 8, 2])
    expect([...(samples[1]?.ids ?? [])]).toEqual([1, 4, 2, 5, 6, 2])
    expect([...(samples[1]?.types ?? [])]).toEqual([0, 0, 0, 1, 1, 1])
    expect([...(samples[0]?.task?.classes ?? [])]).toEqual([1])
  })

  it('are cut inside the special tokens, the longer of two texts first', () => {
    const { samples, truncated } = samplesOf(
      rowsOf({ text: 'a b c d a b c d' }, { text: 'a b c d', pair: 'd' } as Partial<LabelledRow>),
      { max_seq_length: 6 },
    )
    expect([...(samples[0]?.ids ?? [])]).toEqual([1, 4, 5, 6, 7, 2])
    expect([...(samples[1]?.ids ?? [])]).toEqual([1, 4, 5, 2, 7, 2])
    expect(truncated).toBe(2)
  })

  it('are judged at the first token or at the last', () => {
    const rows = rowsOf({ text: 'a b' })
    expect(samplesOf(rows).samples[0]?.task?.at[0]).toBe(0)
    expect(samplesOf(rows, { readsFirst: false }).samples[0]?.task?.at[0]).toBe(3)
  })

  it('have a tag at the first token of each word', () => {
    const row = { kind: 'tokens', tokens: ['ax', 'b', 'cx'], tags: ['yes', 'no', 'yes'] } as Partial<LabelledRow>
    const task = samplesOf(rowsOf(row), { task_type: 'TOKEN_CLS' }).samples[0]?.task
    expect([...(task?.at ?? [])]).toEqual([1, 3, 4])
    expect([...(task?.classes ?? [])]).toEqual([1, 0, 1])
  })

  it('are refused where a label is new', () => {
    const error = thrownBy(() =>
      samplesOf(rowsOf({ text: 'a' }, { text: 'b', label: ['perhaps'] } as Partial<LabelledRow>)),
    )
    expect(error.message).toContain('row 2: the label "perhaps" does not occur in the training data')
  })

  it('stand in a batch as pairs: the first texts, then their partners', () => {
    const { samples } = samplesOf(
      rowsOf({ text: 'a', pair: 'b' } as Partial<LabelledRow>, { text: 'c', pair: 'b' } as Partial<LabelledRow>),
      {
        task_type: 'FEATURE_EXTRACTION',
      },
    )
    const kind = { sequences: 2, tokenTypes: true, packed: false, values: 0, groups: true } as const
    const batch = assemble(samples, { batch: 3, length: 4, labels: 8 }, kind)
    const row = (i: number) => [...batch.inputIds.subarray(4 * i, 4 * i + 4)]
    expect([0, 1, 2, 3, 4, 5].map(row)).toEqual([
      [1, 4, 2, 0],
      [1, 6, 2, 0],
      [0, 0, 0, 0],
      [1, 5, 2, 0],
      [1, 5, 2, 0],
      [0, 0, 0, 0],
    ])
    expect([...batch.labelTargets.subarray(0, 3)]).toEqual([0, 1, 0])
    const groups = [...((batch.extra?.labelGroups ?? []) as Int32Array)].slice(0, 3)
    expect([groups[0] === groups[1], groups[2]]).toEqual([true, -1])
  })
})

describe('labelled rows', () => {
  const read = (rows: readonly unknown[], task: Parameters<typeof readLabelledRows>[2], columns = {}) => {
    return readLabelledRows(rowFile(rows), columns, task)
  }

  it('are read under the names that data sets use', async () => {
    expect((await read([{ text: 'a', label: true }], SEQUENCE))[0]).toMatchObject({
      text: 'a',
      pair: null,
      label: ['true'],
    })
    expect((await read([{ sentence1: 'a', sentence2: 'b', label: 0 }], SEQUENCE))[0]).toMatchObject({
      text: 'a',
      pair: 'b',
      label: ['0'],
    })
    const alpaca = { instruction: 'which?', input: 'a', output: 'yes' }
    expect((await read([alpaca], SEQUENCE))[0]).toMatchObject({ text: 'a', label: ['yes'] })
    expect((await read([{ q: 'a', y: 'no' }], SEQUENCE, { text: 'q', label: 'y' }))[0]).toMatchObject({
      text: 'a',
      label: ['no'],
    })
    expect((await read([{ text: 'a', label: 1.5 }], { ...SEQUENCE, problem_type: 'regression' }))[0]).toMatchObject({
      label: 1.5,
    })
    const embeds = { task_type: 'FEATURE_EXTRACTION', problem_type: 'single_label_classification' } as const
    expect((await read([{ text: 'a', label: 'food' }], embeds))[0]).toMatchObject({
      text: 'a',
      pair: 'food',
      label: null,
    })
  })

  it('name their classes in order, numbers by size', async () => {
    expect(
      labelNames(
        await read(
          [10, 9, 100].map((label) => ({ text: 'a', label })),
          SEQUENCE,
        ),
        'x',
        2,
      ),
    ).toEqual(['9', '10', '100'])
    expect(
      labelNames(
        await read(
          ['b', 'a'].map((label) => ({ text: 'a', label })),
          SEQUENCE,
        ),
        'x',
        2,
      ),
    ).toEqual(['a', 'b'])
  })
})
