import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openTokenizer, type Tokenizer } from '../../../../main/engine/data/tokenizer.ts'
import { conversationEncoder } from '../../../../main/engine/generate/conversation.ts'
import { chatPromptSchema } from '../../../../shared/domain/chat.ts'

const demo = openTokenizer(join(import.meta.dirname, '../../../../resources/demo/model'))
/** ChatML without special tokens of its own; refuses a system message in the second place. */
const CHATML =
  "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}</>\n{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
const chatty: Tokenizer = { ...demo, chatTemplate: CHATML }

const history = [
  { user: 'one', assistant: 'first answer' },
  { user: 'two', assistant: 'second answer' },
]
const prompt = (given: object) => chatPromptSchema.parse({ history, text: 'three', ...given })

describe('a conversation', () => {
  it('goes through the chat template with its system message and all turns', () => {
    const { encode, template } = conversationEncoder({ prompt_template: 'auto' }, chatty)
    const { ids, lead, droppedTurns } = encode(prompt({ system: 'Be brief.' }), 1000)
    expect([template, lead, droppedTurns]).toEqual(['chat', '', 0])
    expect(demo.decode(ids)).toBe(
      '<system>Be brief.</>\n<user>one</>\n<assistant>first answer</>\n<user>two</>\n<assistant>second answer</>\n' +
        '<user>three</>\n<assistant>',
    )
  })

  it('puts the instruction of the training data before each text', () => {
    const { encode } = conversationEncoder({ prompt_template: 'chat' }, chatty)
    const { ids } = encode(prompt({ instruction: 'Sort:', history: history.slice(1) }), 1000)
    expect(demo.decode(ids)).toContain('<user>Sort:\n\ntwo</>')
    expect(demo.decode(ids)).toContain('<user>Sort:\n\nthree</>')
  })

  it('is a row of training data after another where the run has a template of its own', () => {
    const { encode, template } = conversationEncoder({ prompt_template: '{instruction} {input}\nAnswer: ' }, chatty)
    const { ids, lead } = encode(prompt({ instruction: 'Sort' }), 1000)
    expect([template, lead]).toEqual(['prompt', ' '])
    const row = (text: string) => `Sort ${text}\nAnswer:`
    const end = demo.eosToken
    expect(demo.decode(ids)).toBe(`${row('one')} first answer${end}${row('two')} second answer${end}${row('three')}`)
  })

  it('has one start token where the tokenizer wants one', () => {
    const starting: Tokenizer = { ...demo, addsBos: true, bosId: 7 }
    const { encode } = conversationEncoder({ prompt_template: 'text' }, starting)
    expect(encode(prompt({}), 1000).ids.filter((id) => id === 7)).toHaveLength(1)
    expect(encode(prompt({}), 1000).ids[0]).toBe(7)
  })

  it.each(['auto', 'text'])('without memory sees the last text alone (%s)', (prompt_template) => {
    const { encode } = conversationEncoder({ prompt_template }, chatty)
    expect(encode(prompt({ memory: false }), 1000).ids).toEqual(encode(prompt({ history: [] }), 1000).ids)
  })

  it.each(['auto', 'text'])('leaves out as few of the oldest turns as make it fit (%s)', (prompt_template) => {
    const { encode } = conversationEncoder({ prompt_template }, chatty)
    const many = Array.from({ length: 40 }, (_, i) => ({ user: `question ${i}`, assistant: `answer ${i}` }))
    const room = 200
    const { ids, droppedTurns } = encode(prompt({ history: many, system: 'Be brief.' }), room)
    expect(ids.length).toBeLessThanOrEqual(room)
    expect(droppedTurns).toBeGreaterThan(0)
    const oneMore = encode(prompt({ history: many.slice(droppedTurns - 1), system: 'Be brief.' }), 100_000)
    expect(oneMore.ids.length).toBeGreaterThan(room)
    expect(demo.decode(ids)).toContain('three')
  })

  it('never cuts the last text', () => {
    const { encode } = conversationEncoder({ prompt_template: 'auto' }, chatty)
    const long = encode(prompt({ text: 'word '.repeat(300) }), 100)
    expect([long.droppedTurns, long.ids.length > 100]).toEqual([2, true])
  })

  it('tells what is wrong with a chat template that refuses the conversation', () => {
    const strict = { ...demo, chatTemplate: "{{ raise_exception('System role not supported') }}" }
    const { encode } = conversationEncoder({ prompt_template: 'auto' }, strict)
    expect(() => encode(prompt({ system: 'x' }), 1000)).toThrow(/chat template failed: .*System role not supported/)
  })
})
