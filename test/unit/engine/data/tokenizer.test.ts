import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTokenizer } from '../../../../main/engine/data/tokenizer.ts'
import { temporaryFolder } from '../../../temporary-folder.ts'
import { thrownBy } from '../thrown-by.ts'

const demo = join(import.meta.dirname, '../../../../resources/demo/model')
const expected = JSON.parse(readFileSync(join(import.meta.dirname, '../../../fixtures/demo-ids.json'), 'utf8')) as {
  text: string
  ids: number[]
}[]

/** A folder with the demo's tokenizer.json, changed, and settings of one's own. */
function folderWith(settings: unknown, change: (definition: Record<string, unknown>) => void = () => {}) {
  const folder = temporaryFolder()
  const definition = JSON.parse(readFileSync(join(demo, 'tokenizer.json'), 'utf8')) as Record<string, unknown>
  change(definition)
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(definition))
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(settings))
  return folder
}

test('ids equal those of Python’s tokenizers and decode to the text again', () => {
  const { encode, decode } = openTokenizer(demo)
  expect(expected.length).toBeGreaterThan(70)
  for (const { text, ids } of expected) {
    expect(encode(text), text).toEqual(ids)
    expect(decode(ids)).toBe(text)
  }
})

test('special tokens of the demo model are known', () => {
  expect(openTokenizer(demo)).toMatchObject({
    eosId: 0,
    eosToken: '<|endoftext|>',
    padId: 0,
    bosId: 0,
    addsBos: false,
    chatTemplate: null,
  })
})

test('a tokenizer that starts every text with its start token is noticed', () => {
  const settings = { bos_token: { content: 'Ġend' }, eos_token: '<|endoftext|>', pad_token: null }
  const folder = folderWith(settings, (definition) => {
    const { vocab } = definition.model as { vocab: Record<string, number> }
    definition.post_processor = {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: 'Ġend', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { Ġend: { id: 'Ġend', ids: [vocab.Ġend], tokens: ['Ġend'] } },
    }
  })
  const tokenizer = openTokenizer(folder)
  expect(tokenizer.addsBos).toBe(true)
  expect(tokenizer.padId).toBe(0)
  expect(tokenizer.encode('a')).toHaveLength(1)
})

test('the chat template comes from its own file, the settings, or the default of a list', () => {
  const eos_token = '<|endoftext|>'
  expect(openTokenizer(folderWith({ eos_token, chat_template: 'one' })).chatTemplate).toBe('one')
  const list = [
    { name: 'tool_use', template: 'two' },
    { name: 'default', template: 'three' },
  ]
  const folder = folderWith({ eos_token, chat_template: list })
  expect(openTokenizer(folder).chatTemplate).toBe('three')
  writeFileSync(join(folder, 'chat_template.jinja'), 'four')
  expect(openTokenizer(folder).chatTemplate).toBe('four')
})

test('without an end token in the settings the model’s own is taken, and without that there is an error', () => {
  const folder = folderWith({ eos_token: '<none>' })
  expect(thrownBy(() => openTokenizer(folder))).toMatchObject({ code: 'bad-file', message: /eos_token "<none>"/ })
  copyFileSync(join(demo, 'config.json'), join(folder, 'config.json'))
  expect(openTokenizer(folder)).toMatchObject({ eosId: 0, eosToken: '<|endoftext|>' })
})

test('a missing, an older and a damaged tokenizer each get their own error', () => {
  const folder = temporaryFolder()
  expect(thrownBy(() => openTokenizer(folder))).toMatchObject({ code: 'bad-file', message: /no tokenizer.json\.$/ })
  writeFileSync(join(folder, 'tokenizer.model'), '')
  expect(thrownBy(() => openTokenizer(folder))).toMatchObject({
    message: /only tokenizer.model/,
    hint: /save_pretrained/,
  })
  writeFileSync(join(folder, 'tokenizer.json'), '{"model": {"type": "BPE"}}')
  expect(thrownBy(() => openTokenizer(folder))).toMatchObject({
    code: 'bad-file',
    message: /tokenizer.json: no tokenizer/,
  })
})

test('a tokenizer whose expression backtracks without end is refused', () => {
  const folder = folderWith({ eos_token: '<|endoftext|>' }, (definition) => {
    definition.pre_tokenizer = { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false }
  })
  expect(thrownBy(() => openTokenizer(folder, 0.2))).toMatchObject({
    code: 'bad-file',
    message: /json: its tokenizer takes too long/,
  })
})
