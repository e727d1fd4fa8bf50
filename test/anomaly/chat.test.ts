import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openHost } from '../../main/host/host.ts'
import { type ChatModel, type ChatState, isAnswering } from '../../shared/domain/chat.ts'
import { sharedFolder, temporaryFolder } from '../temporary-folder.ts'

const ROOT = join(import.meta.dirname, '../..')
const dataFolder = sharedFolder()
const host = await openHost({ dataFolder, engineEntry: join(ROOT, 'main/engine/process.ts') })
afterAll(() => host.close())

const DEMO: ChatModel = { kind: 'folder', folder: join(ROOT, 'resources/demo/model') }
const SOON = { interval: 20 }

async function open(model: ChatModel) {
  let state = await host.call('chat.open', { models: [model] })
  const { chatId } = state
  host.on('chat.updated', (now) => {
    if (now.chatId === chatId) state = now
  })
  const until = async (wanted: (now: ChatState) => boolean) => {
    await expect.poll(() => wanted(state), SOON).toBe(true)
    return state
  }
  const ask = async (text: string, options: object = { max_new_tokens: 16 }) => {
    await host.call('chat.send', { chatId, text, frame: {}, options })
    return (await until((now) => !isAnswering(now))).turns.at(-1)?.answers[0]
  }
  await until(({ models }) => models[0]?.status !== 'loading')
  return { ask, until, state: () => state, chatId }
}

it('a chat streams its answer and outlives a prompt that is too long', async () => {
  const { ask, state, chatId } = await open(DEMO)
  const slots = state().models[0]?.facts?.slots ?? 0
  const long = await ask('word '.repeat(slots))
  expect(long).toMatchObject({
    status: 'failed',
    error: { message: expect.stringContaining(`wanted 1 to ${slots - 1}`) },
  })
  let streamed = ''
  const end = host.on('chat.token', ({ text }) => {
    streamed += text
  })
  const answer = await ask('What kind of thing is this?\noak: a large tree\nAnswer:')
  end()
  expect(answer).toMatchObject({ status: 'done', stats: { reason: 'end', droppedTurns: 0 } })
  expect(streamed).toBe(answer?.text)
  expect(streamed).not.toBe('')
  await host.call('chat.close', { chatId })
})

it('a conversation goes on beyond the context: cached turns are not read again, the oldest are left out', async () => {
  const { ask, chatId } = await open(DEMO)
  const text = 'the quick brown fox jumps over the lazy dog and '.repeat(16)
  const stats = []
  for (let turn = 0; turn < 8; turn++) stats.push((await ask(`${turn} ${text}`, { max_new_tokens: 4 }))?.stats)
  const second = stats[1]
  expect(second?.reusedTokens).toBeGreaterThan((stats[0]?.promptTokens ?? 0) - 2)
  const last = stats.at(-1)
  expect(last?.droppedTurns).toBeGreaterThan(0)
  expect(last?.promptTokens).toBeLessThanOrEqual(1020)
  await host.call('chat.close', { chatId })
})

it.each([
  ['nothing', [], /tokenizer.json|config.json/],
  ['an adapter alone', ['adapter_config.json'], /an adapter alone/],
])('a folder with %s is refused with the reason', async (_, files, reason) => {
  const folder = temporaryFolder()
  for (const name of files) writeFileSync(join(folder, name), '{}')
  const { state } = await open({ kind: 'folder', folder })
  expect(state().models[0]).toMatchObject({ status: 'failed', error: { message: expect.stringMatching(reason) } })
})

it.each([
  ['ForTokenClassification', /labels words/],
  ['ForSequenceClassification', /vocab_size/],
])('a folder whose config.json says %s is taken as that', async (kind, reason) => {
  const folder = join(dataFolder, kind)
  mkdirSync(folder)
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ model_type: 'bert', architectures: [`Bert${kind}`] }))
  const { state } = await open({ kind: 'folder', folder })
  expect(state().models[0]?.error?.message).toMatch(reason)
})
