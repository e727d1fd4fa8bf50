import { expect, test } from 'vitest'
import { assemble, labelCount } from '../../../../main/engine/data/assemble.ts'
import { readRows } from '../../../../main/engine/data/read-rows.ts'
import { loadSamples, type Sample } from '../../../../main/engine/data/samples.ts'
import { templateOf } from '../../../../main/engine/data/template.ts'
import { rejectionOf } from '../thrown-by.ts'
import { rowFile } from './row-file.ts'
import { wordTokenizer } from './word-tokenizer.ts'

const user = (content: string) => ({ role: 'user', content, learnt: false })
const assistant = (content: string, learnt = true) => ({ role: 'assistant', content, learnt })
const messagesOf = async (row: unknown) => {
  const [first] = await readRows(rowFile([row]))
  return first?.kind === 'chat' ? first.messages : first
}

test('OpenAI messages, ShareGPT turns and TRL pairs are the same conversation', async () => {
  const wanted = [user('Hi'), assistant('Hello')]
  const openAi = [
    { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
    { role: 'assistant', content: 'Hello' },
  ]
  expect(await messagesOf({ messages: openAi, prompt: 'not read' })).toEqual(wanted)
  const shareGpt = [
    { from: 'human', value: 'Hi' },
    { from: 'gpt', value: 'Hello' },
  ]
  expect(await messagesOf({ conversations: shareGpt })).toEqual(wanted)
  expect(await messagesOf({ prompt: openAi.slice(0, 1), completion: openAi.slice(1) })).toEqual(wanted)
  expect(await messagesOf({ conversations: shareGpt, system: 'Be kind.' })).toEqual([
    { role: 'system', content: 'Be kind.', learnt: false },
    ...wanted,
  ])
})

test('answers of weight 0 and those in a prompt are context, not learnt', async () => {
  const turns = [user('a'), { ...assistant('b'), weight: 0 }, user('c'), { ...assistant('d'), weight: 1 }]
  expect(await messagesOf({ messages: turns })).toEqual([user('a'), assistant('b', false), user('c'), assistant('d')])
  expect(await messagesOf({ prompt: turns.slice(0, 3), completion: [assistant('d')] })).toMatchObject([
    user('a'),
    assistant('b', false),
    user('c'),
    assistant('d'),
  ])
})

test('a table may hold a conversation as JSON, under a column of any name', async () => {
  const cell = `"${JSON.stringify([user('Hi'), assistant('Hello')]).replaceAll('"', '""')}"`
  const path = rowFile(['talk,note', `${cell},x`], 'rows.csv')
  expect(await readRows(path, { messages: 'talk' })).toMatchObject([{ kind: 'chat', line: 2 }])
})

test('what is no conversation is named by row and message', async () => {
  const message = async (messages: unknown) => (await rejectionOf(readRows(rowFile([{ messages }])))).message
  expect(await message('Hi')).toContain('line 1: "messages" is "Hi", wanted a list')
  expect(await message([{ role: 'narrator', content: 'x' }])).toContain(
    'message 1 of "messages" has the role "narrator"',
  )
  expect(await message([user('a'), { role: 'assistant' }])).toContain('message 2 of "messages" has no text')
  expect(await message([user('a'), 'b'])).toContain('message 2 of "messages" is no object')
  expect(await message([{ role: 'user', content: [{ type: 'image_url' }] }])).toContain('has no text')
  expect(await message([user('a')])).toContain('no answer of the assistant to learn')
  expect(await message([])).toContain('no answer of the assistant to learn')
  expect(await message(new Array(2001).fill(assistant('a')))).toContain('2001 messages, at most 2000')
})

const chat = (...messages: ReturnType<typeof assistant>[]) =>
  ({ kind: 'chat', line: 1, messages: messages as never }) as const
const plain = { chatTemplate: null, bosToken: null, eosToken: '</s>' }
const talk = chat(user('Hi'), assistant('im_end'), user('More'), assistant('no', false), user('Go'), assistant('Bye'))

test('every answer is learnt with its end marker, and nothing else is', () => {
  const { later = [], ...first } = templateOf('chatml', plain)(talk)
  expect(first).toEqual({
    prompt: '<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n',
    completion: 'im_end<|im_end|>',
    closed: true,
  })
  expect(later).toEqual([
    {
      prompt:
        '\n<|im_start|>user\nMore<|im_end|>\n<|im_start|>assistant\nno<|im_end|>\n<|im_start|>user\nGo<|im_end|>\n<|im_start|>assistant\n',
      completion: 'Bye<|im_end|>',
    },
  ])
})

test('a template that opens the last answer with a thought of its own is followed', () => {
  // As Qwen3 does: an empty thought before the last answer only.
  const thinking =
    "{% for m in messages %}<{{ m.role }}>{% if loop.last and m.role == 'assistant' %}<think></think>{% endif %}{{ m.content }}<end>{% endfor %}" +
    '{% if add_generation_prompt %}<assistant>{% endif %}'
  const render = templateOf('chat', { ...plain, chatTemplate: thinking })
  expect(render(chat(user('a'), assistant('b'), user('c'), assistant('d')))).toEqual({
    prompt: '<user>a<end><assistant>',
    completion: 'b<end>',
    later: [{ prompt: '<user>c<end><assistant>', completion: '<think></think>d<end>' }],
    closed: true,
  })
})

test('a template that rewrites earlier turns, or refuses a role, is an error with a cure', async () => {
  const refuse = async (chatTemplate: string) => {
    const path = rowFile([{ messages: talk.messages }])
    const options = { prompt_template: 'chat', train_on_inputs: false, max_seq_length: 64 }
    return rejectionOf(loadSamples(path, { ...wordTokenizer(['a']), chatTemplate }, 100, options))
  }
  expect(await refuse('{% for m in messages %}{{ loop.length }}{{ m.content }}{% endfor %}')).toMatchObject({
    message: expect.stringMatching(/line 1: prompt_template: the chat template writes a conversation/),
    hint: expect.stringContaining('chatml'),
  })
  expect((await refuse("{{ raise_exception('No system role') }}")).message).toMatch(/line 1: .*No system role/)
  expect((await refuse('{% for m in messages %}{{ m.content | upper }}{% endfor %}')).message).toContain(
    'changes the text',
  )
})

test('one question and one answer can be written by every template', () => {
  expect(templateOf('alpaca', plain)(chat(user('Add.'), assistant('3'))).prompt).toContain('### Instruction:\nAdd.')
  const system = { role: 'system', content: 'Add.', learnt: false }
  expect(templateOf('{instruction} {input}', plain)(chat(system, user('1 2'), assistant('3')))).toMatchObject({
    prompt: 'Add. 1 2',
    completion: '3',
  })
})

test('tokens of later questions are given, those of answers learnt', async () => {
  const tokenizer = {
    ...wordTokenizer(['Hi', 'Hello', 'Bye', 'Ciao', '<user>', '<bot>', '<end>']),
    chatTemplate: TURNS,
  }
  const turns = [user('Hi'), assistant('Hello'), user('Bye'), assistant('Ciao')]
  const options = { prompt_template: 'chat', train_on_inputs: false, max_seq_length: 64 }
  const load = async (changes: Partial<typeof options> = {}) =>
    (await loadSamples(rowFile([{ messages: turns }]), tokenizer, 100, { ...options, ...changes })).samples[0]
  expect(await load()).toMatchObject({ promptLength: 4, given: [{ from: 6, to: 10 }] })
  expect((await load())?.ids).toHaveLength(12)
  expect(await load({ max_seq_length: 8 })).toMatchObject({ given: [{ from: 6, to: 8 }] })
  expect(await load({ train_on_inputs: true })).not.toHaveProperty('given')
  const sample = (await load()) as Sample
  expect(labelCount(sample)).toBe(4)
  const batch = assemble([sample], { batch: 1, length: 16, labels: 8 })
  expect([...batch.labelPositions.subarray(0, 4)]).toEqual([3, 4, 9, 10])
  expect([...batch.labelTargets.subarray(0, 4)]).toEqual(tokenizer.encode('Hello <end> Ciao <end>'))
})

const TURNS =
  "{% for m in messages %}{{ '<bot> ' if m.role == 'assistant' else '<user> ' }}{{ m.content }}{{ ' <end> ' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<bot> ' }}{% endif %}"
