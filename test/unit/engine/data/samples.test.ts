import { join } from 'node:path'
import { expect, test } from 'vitest'
import { dataHash, loadSamples, type SampleOptions } from '../../../../main/engine/data/samples.ts'
import { openTokenizer, type Tokenizer } from '../../../../main/engine/data/tokenizer.ts'
import { rejectionOf } from '../thrown-by.ts'
import { rowFile } from './row-file.ts'

const demo = join(import.meta.dirname, '../../../../resources/demo')
const tokenizer = openTokenizer(join(demo, 'model'))
const options: SampleOptions = {
  prompt_template: '{instruction}\n{input}\nAnswer: ',
  train_on_inputs: false,
  max_seq_length: 128,
}
const load = (path: string, changes: Partial<SampleOptions> = {}, using: Tokenizer = tokenizer, vocabSize = 6144) =>
  loadSamples(path, using, vocabSize, { ...options, ...changes })
const food = { instruction: 'What is it?', input: 'bread', output: 'food' }

test('the demo rows become samples whose learnt part is the label and the end token', async () => {
  const set = await load(join(demo, 'kinds.validation.jsonl'))
  expect(set).toMatchObject({ rows: 800, truncated: 0, dropped: 0 })
  const labels = set.samples.map(({ ids, promptLength }) => tokenizer.decode([...ids.subarray(promptLength)]))
  const kinds = ['animal', 'artifact', 'body', 'food', 'person', 'place', 'plant', 'substance']
  expect([...new Set(labels)].sort()).toEqual(kinds.map((kind) => ` ${kind}<|endoftext|>`))
})

test('prompt and completion meet exactly at the mask', async () => {
  const { samples } = await load(rowFile([food]))
  const { ids, promptLength } = samples[0] as (typeof samples)[0]
  expect(tokenizer.decode([...ids.subarray(0, promptLength)])).toBe('What is it?\nbread\nAnswer:')
  expect([...ids.subarray(promptLength)]).toEqual([...tokenizer.encode(' food'), 0])
})

test('train_on_inputs learns the prompt too', async () => {
  const [sample] = (await load(rowFile([food]), { train_on_inputs: true })).samples
  const [masked] = (await load(rowFile([food]))).samples
  expect(sample).toEqual({ ...masked, promptLength: 0 })
})

test('a text that is cut is counted, and one of which nothing learnable remains is left out', async () => {
  const path = rowFile([food, { ...food, output: 'food '.repeat(100) }, { ...food, input: 'bread '.repeat(100) }])
  const set = await load(path, { max_seq_length: 32 })
  expect(set).toMatchObject({ rows: 3, truncated: 2, dropped: 1 })
  expect(set.samples.map(({ ids }) => ids.length).at(-1)).toBe(32)
  expect(set.samples[0]?.ids.at(-1)).toBe(0)
})

test('when nothing remains of any row, the error says why', async () => {
  expect(await rejectionOf(load(rowFile([food, food]), { max_seq_length: 8 }))).toMatchObject({
    code: 'bad-data',
    message: /all labels masked.*2 of 2 rows are longer than max_seq_length 8/,
  })
})

test('a token that the model does not have is named with its row', async () => {
  expect(await rejectionOf(load(rowFile([food]), {}, tokenizer, 100))).toMatchObject({
    code: 'bad-data',
    message: /line 1: token id \d+, the model has 100 tokens/,
  })
  const holey: Tokenizer = { ...tokenizer, encode: () => [1, undefined as unknown as number] }
  expect((await rejectionOf(load(rowFile([food]), {}, holey))).message).toMatch(/token id undefined/)
})

test('the start token comes first where the tokenizer wants it, and only once', async () => {
  const starting: Tokenizer = { ...tokenizer, bosId: 5, addsBos: true }
  expect((await load(rowFile([food]), {}, starting)).samples[0]?.ids[0]).toBe(5)
  const already: Tokenizer = { ...starting, encode: (text) => [5, ...tokenizer.encode(text)] }
  expect([...((await load(rowFile([food]), {}, already)).samples[0]?.ids ?? [])].slice(0, 2)).not.toEqual([5, 5])
})

test('an answer that ends with the end token, or with a marker of a chat template, gets no second one', async () => {
  const path = rowFile([{ prompt: 'a', completion: ' b<|endoftext|>' }])
  const ends = (sample?: { ids: Int32Array }) => [...(sample?.ids ?? [])].filter((id) => id === 0).length
  expect(ends((await load(path, { prompt_template: 'text' })).samples[0])).toBe(1)
  const chatTemplate = "{% for m in messages %}{{ m['content'] + '!' }}{% endfor %}"
  expect(
    ends((await load(rowFile([food]), { prompt_template: 'chat' }, { ...tokenizer, chatTemplate })).samples[0]),
  ).toBe(0)
})

test('the hash of data files depends on what is in them', () => {
  const [a, b] = [rowFile([food]), rowFile([{ ...food, output: 'fool' }])]
  expect(dataHash([a, null, b])).toBe(dataHash([rowFile([food]), b]))
  expect(dataHash([a, b])).not.toBe(dataHash([b, a]))
  expect(dataHash([a])).not.toBe(dataHash([b]))
})
