import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Host, HostOptions } from '../../../main/host/host.ts'
import type { EventPayload } from '../../../shared/contract.ts'
import { type ChatModel, type ChatState, isAnswering } from '../../../shared/domain/chat.ts'
import { temporaryFolder } from '../../temporary-folder.ts'
import { answersOf, FRAME, OPTIONS, openChat, quiet, ready } from './chat-talk.ts'
import { faultOf, makeConfig, openTestHost, waitForRun } from './studio.ts'

/** A host, and a loaded conversation with the model of a folder. */
async function setUp(options: HostOptions = {}) {
  const folder = temporaryFolder()
  const host = await openTestHost(folder, options)
  const model = join(folder, 'talker')
  mkdirSync(model)
  const chat = await openChat(host, [{ kind: 'folder', folder: model }])
  await chat.wait(ready)
  return { ...chat, folder, host, model, pid: () => Number(readFileSync(join(model, 'pid'), 'utf8')) }
}

const answering = ({ turns }: ChatState) => turns.at(-1)?.answers[0]?.status === 'answering'

/** A finished run with two checkpoints, the first of them the best. */
async function trained(host: Host, folder: string): Promise<string> {
  const { id } = await host.call('runs.start', makeConfig(folder, { steps: 10, checkpointEvery: 5 }))
  await waitForRun(host, id)
  return id
}

test('a conversation remembers what was said, on both sides, and streams it', async () => {
  const { host, say, chatId } = await setUp()
  const tokens: EventPayload<'chat.token'>[] = []
  host.on('chat.token', (token) => void tokens.push(token))
  await say('hello')
  const { turns } = await say('more')
  expect(answersOf({ turns } as ChatState)).toEqual(['base: hello [] t=0', 'base: more [hello>base: hello [] t=0] t=0'])
  const second = tokens.filter(({ turn }) => turn === turns[1]?.id)
  expect(second.map(({ text }) => text).join('')).toBe(turns[1]?.answers[0]?.text)
  let length = 0
  for (const { at, text } of second) {
    expect(at).toBe(length)
    length += text.length
  }
  expect(turns[0]?.answers[0]).toMatchObject({ status: 'done', stats: { reason: 'end' }, error: null })
  const cleared = await host.call('chat.clear', { chatId })
  expect(cleared.turns).toEqual([])
  expect(answersOf(await say('anew'))).toEqual(['base: anew [] t=0'])
})

test('the same models are the same conversation, in every window', async () => {
  const { host, model, chatId, say } = await setUp()
  const state = await say('hello')
  expect(await host.call('chat.open', { models: [{ kind: 'folder', folder: model }] })).toEqual(state)
  const other = await host.call('chat.open', { models: [{ kind: 'folder', folder: `${model}/../talker` }] })
  expect(other.chatId).not.toBe(chatId)
})

test('base, best and chosen checkpoints answer beside each other, each with its own memory', async () => {
  const folder = temporaryFolder()
  const host = await openTestHost(folder)
  const runId = await trained(host, folder)
  const { say } = await openChat(host, [
    { kind: 'base', runId },
    { kind: 'tuned', runId, step: null },
    { kind: 'tuned', runId, step: 10 },
  ])
  await say('hello')
  const state = await say('more', { temperature: 0.5 })
  expect(state.models.map(({ name }) => name)).toEqual([join(folder, 'model'), 'test', 'test'])
  expect(state.models.map(({ detail }) => detail)).toEqual(['base model', 'step 5, best', 'step 10'])
  expect(state.options).toMatchObject({ temperature: 0.5 })
  expect([0, 1, 2].map((model) => answersOf(state, model)[1])).toEqual([
    'base: more [hello>base: hello [] t=0] t=0.5',
    'checkpoint-5: more [hello>checkpoint-5: hello [] t=0] t=0.5',
    'checkpoint-10: more [hello>checkpoint-10: hello [] t=0] t=0.5',
  ])
})

test('an answer is stopped, keeps what there is, and can be given again', async () => {
  const { host, chatId, send, wait } = await setUp()
  await send('slow')
  await wait(answering)
  expect((await faultOf(() => send('more'))).message).toBe('An answer is still on its way.')
  await host.call('chat.cancel', { chatId })
  const stopped = await wait(quiet)
  expect(stopped.turns[0]?.answers[0]).toMatchObject({ status: 'done', stats: { reason: 'cancelled' } })
  expect(answersOf(stopped)[0]).toMatch(/^word/)
  await host.call('chat.regenerate', { chatId, frame: FRAME, options: OPTIONS })
  await wait((state) => isAnswering(state) && state.turns.length === 1)
  await host.call('chat.clear', { chatId })
  const { turns } = await wait(quiet)
  expect(turns).toEqual([])
})

test('a killed engine fails its answer and nothing else: the next text loads the model again', async () => {
  const { say, wait, send, pid } = await setUp()
  await say('hello')
  await send('slow')
  await wait(answering)
  process.kill(pid(), 'SIGKILL')
  const state = await wait((now) => quiet(now) && now.models[0]?.status === 'failed')
  expect(state.turns[1]?.answers[0]).toMatchObject({ status: 'failed', error: { code: 'engine-died' } })
  expect(state.models[0]?.error?.message).toContain('SIGKILL')
  const after = await say('more')
  // The answer that failed is no part of the memory.
  expect(answersOf(after)[2]).toBe('base: more [hello>base: hello [] t=0] t=0')
  expect(after.models[0]).toMatchObject({ status: 'ready', error: null })
})

test('an engine that dies by itself in the middle of an answer is told as such', async () => {
  const { say } = await setUp()
  const { turns } = await say('die')
  expect(turns[0]?.answers[0]).toMatchObject({ status: 'failed', error: { code: 'engine-died' } })
  expect(turns[0]?.answers[0]?.text).toMatch(/^base:/)
})

test('a refused prompt leaves the model loaded', async () => {
  const { say } = await setUp()
  const refused = await say('fail')
  expect(refused.turns[0]?.answers[0]?.error?.message).toBe('The prompt is too long.')
  expect(refused.models[0]?.status).toBe('ready')
})

test('a model that nobody talks to is freed; what was said stays', async () => {
  const { say, wait } = await setUp({ chatIdleMs: 300 })
  await say('hello')
  const idle = await wait(({ models }) => models[0]?.status === 'unloaded')
  expect(answersOf(idle)).toEqual(['base: hello [] t=0'])
  expect(answersOf(await say('more'))[1]).toContain('[hello>')
})

test('a run that starts frees the models that are not answering', async () => {
  const { host, folder, wait } = await setUp()
  const other = join(folder, 'busy')
  mkdirSync(other)
  const busy = await openChat(host, [{ kind: 'folder', folder: other }])
  await busy.send('slow')
  await busy.wait(answering)
  await trained(host, folder)
  const state = await wait(({ models }) => models[0]?.status === 'unloaded')
  expect(state.models[0]?.phase).toBe('Freed for the run test')
  expect([busy.now().models[0]?.status, answering(busy.now())]).toEqual(['ready', true])
})

test('a model that does not fit is loaded once idle ones have made room', async () => {
  const { host, folder, model, wait } = await setUp()
  const large = join(folder, 'large')
  mkdirSync(large)
  writeFileSync(join(large, 'needs'), model)
  const second = await openChat(host, [{ kind: 'folder', folder: large }])
  await second.wait(ready)
  const first = await wait(({ models: [one] }) => one?.status === 'unloaded')
  expect(first.models[0]?.phase).toBe('Freed for another model')
})

test('what cannot be loaded says why, beside what can, and is tried again when asked', async () => {
  const { host, folder, model } = await setUp()
  const broken = join(folder, 'broken-model')
  mkdirSync(broken)
  writeFileSync(join(broken, 'broken'), '')
  const { chatId, wait } = await openChat(host, [
    { kind: 'folder', folder: broken },
    { kind: 'folder', folder: model },
    { kind: 'folder', folder: join(folder, 'gone') },
    { kind: 'tuned', runId: 'nobody', step: null },
  ])
  const are = (wanted: string) => (state: ChatState) => state.models.map(({ status }) => status).join() === wanted
  const { models } = await wait(are('failed,ready,failed,failed'))
  expect(models.map(({ error }) => error?.message)).toEqual([
    'The model is broken.',
    undefined,
    `There is no folder ${join(folder, 'gone')}.`,
    'There is no run nobody.',
  ])
  mkdirSync(join(folder, 'gone'))
  await host.call('chat.load', { chatId })
  await wait(are('failed,ready,ready,failed'))
})

test('the folder of an export is asked as its run was trained', async () => {
  const folder = temporaryFolder()
  const host = await openTestHost(folder)
  const runId = await trained(host, folder)
  const output = join(folder, 'merged')
  await host.call('exports.start', { runId, kind: 'merged', folder: output })
  await expect.poll(async () => (await host.call('exports.list', { runId }))[0]?.status).toBe('finished')
  const { wait, say } = await openChat(host, [{ kind: 'folder', folder: output }])
  await wait(ready)
  const { models, turns } = await say('template')
  expect(models[0]?.detail).toBe('export of test')
  expect(turns[0]?.answers[0]?.text).toContain(
    `base: ${(await host.call('runs.get', { runId })).config.prompt_template}`,
  )
})

test('a run without a checkpoint has a base model to talk to and nothing tuned', async () => {
  const folder = temporaryFolder()
  const host = await openTestHost(folder)
  const { id: runId } = await host.call('runs.start', makeConfig(folder, { steps: 2, end: 'fail' }))
  await waitForRun(host, runId)
  const models: ChatModel[] = [
    { kind: 'base', runId },
    { kind: 'tuned', runId, step: null },
  ]
  const {
    models: [, tuned],
  } = await host.call('chat.open', { models })
  expect(tuned).toMatchObject({ status: 'failed', name: 'test' })
  expect(tuned?.error?.message).toContain('has no checkpoint yet')
})

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('a closed conversation is gone with its engine', async () => {
  const { host, chatId, send, pid } = await setUp()
  await host.call('chat.close', { chatId })
  expect(isAlive(pid())).toBe(false)
  expect((await faultOf(() => send('hello'))).message).toBe('This conversation is no longer open.')
})

test('engines end with the host, hanging ones too', async () => {
  const { host, send, pid } = await setUp()
  await send('hang')
  await host.close()
  expect(isAlive(pid())).toBe(false)
})

test.each([
  ['no models', { models: [] }],
  ['too many models', { models: new Array(7).fill({ kind: 'folder', folder: '/x' }) }],
  ['a model of no kind', { models: [{ kind: 'other', folder: '/x' }] }],
])('%s is refused with the field', async (_, input) => {
  const host = await openTestHost(temporaryFolder())
  const result = await host.dispatch('chat.open', input)
  expect(result).toMatchObject({ ok: false, error: { code: 'bad-config', message: expect.stringContaining('models') } })
})
