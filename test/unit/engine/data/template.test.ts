import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chatWriter } from '../../../../main/engine/data/chat-template.ts'
import type { Row } from '../../../../main/engine/data/read-rows.ts'
import { templateOf } from '../../../../main/engine/data/template.ts'
import { thrownBy } from '../thrown-by.ts'

const chatml =
  "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
const plain = { chatTemplate: null, bosToken: null, eosToken: '</s>' }
const chatty = { ...plain, chatTemplate: chatml }
const instruction = (fields: Partial<Extract<Row, { kind: 'instruction' }>> = {}): Row => ({
  kind: 'instruction',
  line: 1,
  instruction: 'Add.',
  input: '1 2',
  output: '3',
  ...fields,
})
const pair: Row = { kind: 'pair', line: 1, prompt: 'Q: ', completion: 'A' }
const text: Row = { kind: 'text', line: 1, text: 'Once {instruction}' }

test('alpaca is worded with and without an input', () => {
  const render = templateOf('alpaca', plain)
  expect(render(instruction())).toEqual({
    prompt:
      'Below is an instruction that describes a task, paired with an input that provides further context. Write a response ' +
      'that appropriately completes the request.\n\n### Instruction:\nAdd.\n\n### Input:\n1 2\n\n### Response:\n',
    completion: '3',
    closed: false,
  })
  expect(render(instruction({ input: '' })).prompt).toBe(
    'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n' +
      '### Instruction:\nAdd.\n\n### Response:\n',
  )
})

test('a chat template writes prompt and answer with its own end marker', () => {
  expect(templateOf('chat', chatty)(instruction())).toEqual({
    prompt: '<|im_start|>user\nAdd.\n\n1 2<|im_end|>\n<|im_start|>assistant\n',
    completion: '3<|im_end|>',
    closed: true,
  })
})

test('a chat template without an end marker leaves the ending to the end token', () => {
  const open =
    "{% for m in messages %}{{ m['content'] }}{% if m['role'] == 'user' %}{{ ' => ' }}{% endif %}{% endfor %}"
  expect(templateOf('chat', { ...plain, chatTemplate: open })(instruction({ input: '' }))).toEqual({
    prompt: 'Add. => ',
    completion: '3',
    closed: false,
  })
})

test('auto takes the chat template where there is one, else alpaca, and leaves plain text alone', () => {
  expect(templateOf('auto', chatty)(instruction()).closed).toBe(true)
  expect(templateOf('auto', plain)(instruction()).prompt).toMatch(/### Response:\n$/)
  expect(templateOf('auto', chatty)(pair).prompt).toContain('<|im_start|>user\nQ: <|im_end|>')
  expect(templateOf('auto', plain)(pair)).toEqual({ prompt: 'Q:', completion: ' A', closed: false })
  expect(templateOf('auto', chatty)(text)).toEqual({ prompt: '', completion: 'Once {instruction}', closed: false })
})

test('spaces at the end of a template move to the answer', () => {
  const render = templateOf('{instruction}\n{input}\nAnswer: ', plain)
  expect(render(instruction())).toEqual({ prompt: 'Add.\n1 2\nAnswer:', completion: ' 3', closed: false })
})

test('whatever the data holds, a template of one’s own is filled in once', () => {
  const piece = fc.constantFrom('{input}', '{instruction}', '{{', '}}', '$&', '$1', '{other}', 'x', '\n')
  const value = fc.array(piece).map((pieces) => pieces.join(''))
  fc.assert(
    fc.property(value, value, value, (a, b, output) => {
      const row = instruction({ instruction: a, input: b, output })
      const { prompt, completion } = templateOf('<{instruction}|{input}>', plain)(row)
      expect(prompt + completion).toBe(`<${a}|${b}>${output}`)
    }),
  )
})

test('unknown placeholders and names are refused before any row is read', () => {
  expect(thrownBy(() => templateOf('{question} {output}', plain))).toMatchObject({
    code: 'bad-config',
    message: /unknown placeholder {question}, {output}/,
  })
  expect(thrownBy(() => templateOf('alpacca', plain))).toMatchObject({
    code: 'bad-config',
    message: /no known template/,
  })
  expect(thrownBy(() => templateOf('chat', plain))).toMatchObject({ code: 'bad-config', message: /has none/ })
})

test('a template that does not fit the rows says which row and what to use', () => {
  expect(thrownBy(() => templateOf('alpaca', plain)(text))).toMatchObject({
    code: 'bad-config',
    message: /line 1 has text/,
  })
  expect(thrownBy(() => templateOf('text', plain)(instruction()))).toMatchObject({
    message: /line 1 has an instruction/,
  })
})

test('a chat template that is broken, refuses, or contradicts itself is a bad-config fault', () => {
  const use = (chatTemplate: string) => thrownBy(() => templateOf('chat', { ...plain, chatTemplate })(instruction()))
  expect(use('{% for m in %}')).toMatchObject({ code: 'bad-config', message: /cannot be parsed/ })
  expect(use("{{ raise_exception('no user') }}")).toMatchObject({ code: 'bad-config', message: /failed: no user/ })
  expect(use('{% if add_generation_prompt %}a{% else %}b{% endif %}')).toMatchObject({ message: /own prompt/ })
})

test('a chat template that never ends is ended', () => {
  const loops = '{% for a in range(9999) %}'.repeat(4) + '{% endfor %}'.repeat(4)
  const write = () => chatWriter({ ...plain, chatTemplate: loops }, 0.2)?.([{ role: 'user', content: 'Add.' }], true)
  expect(thrownBy(write)).toMatchObject({
    code: 'bad-config',
    message: /prompt_template.*takes too long/,
  })
})
