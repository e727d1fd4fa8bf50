import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BadInput } from './bad-input.ts'
import { rows } from './rows.ts'

const good = '{"instruction":"a","input":"b","output":"c"}'

export const BAD_DATA: readonly BadInput[] = [
  {
    what: 'a data file that does not exist',
    set: { train_file: 'nothing.jsonl' },
    found: 'before',
    says: ['train_file: ', 'nothing.jsonl does not exist'],
  },
  {
    what: 'a data file of no bytes',
    spoil: ({ train }) => writeFileSync(train, ''),
    found: 'before',
    says: ['train_file: ', 'train.jsonl is empty'],
  },
  {
    what: 'a data set of blank lines',
    spoil: (studio) => rows(studio, '', '  ', ''),
    found: 'in the run',
    says: ['train.jsonl: the data set is empty', 'at least one row'],
  },
  {
    what: 'malformed rows',
    spoil: (studio) =>
      rows(studio, good, '{"instruction":"a", "output":', good, '{"instruction":"a","output":7}', '[1]'),
    found: 'in the run',
    says: ['train.jsonl: line 2: not valid JSON', 'line 4: "output" is 7, wanted text', 'line 5: it holds [1]'],
  },
  {
    what: 'rows with fields of another kind',
    spoil: (studio) => rows(studio, '{"question":"a","answer":"b"}'),
    found: 'in the run',
    says: ['train.jsonl: line 1: its fields are question, answer', 'wanted "instruction" and "output"'],
  },
  {
    what: 'a JSON array that is not closed',
    spoil: ({ train }) => writeFileSync(train, `[${good},${good}`),
    found: 'in the run',
    says: ['train.jsonl: the array is not closed: the file ends in row 2', 'one JSON array of objects'],
  },
  {
    what: 'a data file that is not text',
    spoil: ({ train }) => writeFileSync(train, new Uint8Array([0x50, 0x41, 0x52, 0x31, 0xff, 0xfe, 0x0a])),
    found: 'in the run',
    says: ['train.jsonl: line 1 is not UTF-8 text', 'What to do:'],
  },
  {
    what: 'a malformed row in the validation file',
    spoil: ({ folder }) => writeFileSync(join(folder, 'validation.jsonl'), `${good}\nnonsense\n`),
    found: 'in the run',
    says: ['validation.jsonl: line 2: not valid JSON', 'What to do:'],
  },
  {
    what: 'prompts that fill max_seq_length in every row',
    set: { max_seq_length: 8, prompt_template: '{instruction} {input}' },
    found: 'in the run',
    says: ['train.jsonl: all labels masked', '12 of 12 rows are longer than max_seq_length 8', 'Raise max_seq_length'],
  },
  {
    what: 'a template with an unknown placeholder',
    set: { prompt_template: '{question}:' },
    found: 'in the run',
    says: ['prompt_template', '{question}', 'What to do:'],
  },
]
