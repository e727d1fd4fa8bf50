import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openStore } from '../../../main/host/store/store.ts'
import type { ChatModel, ChatState } from '../../../shared/domain/chat.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { answersOf, FRAME, OPTIONS, openChat, ready } from './chat-talk.ts'
import { faultOf, openTestHost } from './studio.ts'

/** A data folder, and models whose engine is the scripted one. */
function setUp(...names: string[]) {
  const folder = temporaryFolder()
  const models = (names.length > 0 ? names : ['talker']).map((name): ChatModel => {
    mkdirSync(join(folder, name))
    return { kind: 'folder', folder: join(folder, name) }
  })
  return { folder, models, store: () => openStore(join(folder, 'data', 'studio.sqlite')) }
}

test('a conversation outlives its host: it is listed, and goes on with all that was said', async () => {
  const { folder, models } = setUp('one', 'two')
  const first = await openTestHost(folder)
  const before = await openChat(first, models)
  await before.wait(ready)
  await before.say('hello')
  const said = await before.say('more', { temperature: 0.5, seed: 7 })
  await first.close()

  const second = await openTestHost(folder)
  expect(await second.call('chat.list', {})).toMatchObject([
    { chatId: before.chatId, models, title: 'hello', turns: 2 },
  ])
  const after = await openChat(second, models)
  expect(after.now()).toMatchObject({ chatId: before.chatId, turns: said.turns, frame: FRAME, options: said.options })
  expect(after.now().models.map(({ status }) => status)).toEqual(['unloaded', 'unloaded'])
  // The engines are new; what they are asked with is the whole history.
  const { turns } = await after.say('again')
  const history = 'hello>base: hello [] t=0|more>base: more [hello>base: hello [] t=0] t=0.5'
  expect([0, 1].map((model) => answersOf({ turns } as ChatState, model)[2])).toEqual([
    expect.stringContaining('base: again ['),
    expect.stringContaining('base: again ['),
  ])
  for (const part of history.split('|')) expect(turns[2]?.answers[0]?.text).toContain(part)
})

test('a page that was open when the host ended goes on by the number it knows', async () => {
  const { folder, models } = setUp()
  const first = await openTestHost(folder)
  const { say, chatId } = await openChat(first, models)
  await say('hello')
  await first.close()
  const second = await openTestHost(folder)
  const state = await second.call('chat.send', { chatId, text: 'more', frame: FRAME, options: OPTIONS })
  expect(state.turns.map(({ text }) => text)).toEqual(['hello', 'more'])
})

test('what was being answered when the host ended keeps its text and says so', async () => {
  const { folder, models } = setUp()
  const first = await openTestHost(folder)
  const { send, wait } = await openChat(first, models)
  await send('slow')
  await wait(({ turns }) => (turns[0]?.answers[0]?.text ?? '') !== '' || turns[0]?.answers[0]?.status === 'answering')
  await first.close()
  const second = await openTestHost(folder)
  const chat = await openChat(second, models)
  const [answer] = chat.now().turns[0]?.answers ?? []
  expect(answer).toMatchObject({
    status: 'failed',
    error: { message: 'The studio was closed before this was answered.' },
  })
  expect(answer?.text).toMatch(/^word/)
  await second.call('chat.regenerate', { chatId: chat.chatId, frame: FRAME, options: OPTIONS })
  await chat.wait(({ turns }) => turns.length === 1 && turns[0]?.answers[0]?.status === 'answering')
})

test('an answer given again takes the place of the one before, on the disk too', async () => {
  const { folder, models, store } = setUp()
  const host = await openTestHost(folder)
  const { say, wait, chatId } = await openChat(host, models)
  const before = (await say('hello')).turns[0]?.id
  await host.call('chat.regenerate', { chatId, frame: FRAME, options: { ...OPTIONS, temperature: 1 } })
  await wait(({ turns }) => turns[0]?.id !== before && turns[0]?.answers[0]?.status === 'done')
  await host.close()
  const kept = store()
  expect(kept.chats.turns(chatId).map(({ text, answers }) => [text, answers[0]?.text])).toEqual([
    ['hello', 'base: hello [] t=1'],
  ])
  kept.close()
})

test.each(['chat.close', 'chat.clear'] as const)('%s leaves nothing of it on the disk', async (call) => {
  const { folder, models } = setUp()
  const host = await openTestHost(folder)
  const { say, chatId } = await openChat(host, models)
  await say('hello')
  await host.call(call, { chatId })
  expect(await host.call('chat.list', {})).toEqual([])
  await host.close()
  const second = await openTestHost(folder)
  expect((await openChat(second, models)).now().turns).toEqual([])
  if (call === 'chat.close') expect((await faultOf(() => second.call('chat.load', { chatId }))).code).toBe('not-found')
})

test('nothing is kept of a conversation without a text, nor of one that was not to be kept', async () => {
  const { folder, models } = setUp()
  const host = await openTestHost(folder)
  await openChat(host, models)
  const { chatId } = await host.call('chat.open', { models, kept: false })
  const again = await host.call('chat.open', { models, kept: false })
  expect(again.chatId).not.toBe(chatId)
  await host.call('chat.send', { chatId, text: 'hello', frame: FRAME, options: OPTIONS })
  expect(await host.call('chat.list', {})).toEqual([])
})

test('the one used the longest ago gives way to the hundred and first', async () => {
  const { folder, models, store } = setUp()
  mkdirSync(join(folder, 'data'))
  const filled = store()
  for (let i = 0; i < 100; i++) {
    filled.chats.save({
      id: `c${i}`,
      models: [{ kind: 'folder', folder: `/m${i}` }],
      frame: null,
      options: null,
      usedAt: i,
    })
    filled.chats.saveTurn(`c${i}`, { id: 1, text: `text ${i}`, answers: [] })
  }
  filled.close()
  const host = await openTestHost(folder)
  await (await openChat(host, models)).say('hello')
  const list = await host.call('chat.list', {})
  expect(list.map(({ title }) => title)).toEqual(['hello', ...Array.from({ length: 99 }, (_, i) => `text ${99 - i}`)])
})
