import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openHost } from '../../main/host/host.ts'

const ROOT = join(import.meta.dirname, '../..')
const dataFolder = mkdtempSync(join(tmpdir(), 'dora-chat-'))
const host = await openHost({ dataFolder, engineEntry: join(ROOT, 'main/engine/process.ts') })
afterAll(async () => {
  await host.close()
  rmSync(dataFolder, { recursive: true, force: true })
})

const source = { folder: join(ROOT, 'resources/demo/model') }

it('a chat streams its answer, outlives a prompt that is too long, and is gone once closed', async () => {
  const { chatId, slots } = await host.call('chat.open', { source, base: true })
  let streamed = ''
  host.on('chat.token', ({ text }) => {
    streamed += text
  })
  const ask = (text: string) => host.call('chat.send', { chatId, prompt: { text }, options: { maxNewTokens: 16 } })
  await expect(ask('word '.repeat(slots))).rejects.toThrow(`wanted 1 to ${slots - 1}`)
  const { text, stats } = await ask('What kind of thing is this?\noak: a large tree\nAnswer:')
  expect(text).not.toBe('')
  expect(streamed).toBe(text)
  expect(stats.reason).toBe('end')
  await host.call('chat.close', { chatId })
  await expect(ask('again')).rejects.toThrow('no longer open')
}, 60_000)

it('a chat with what is no model is refused with the reason', async () => {
  const nothing = { folder: dataFolder }
  await expect(host.call('chat.open', { source: nothing, base: true })).rejects.toThrow(/tokenizer.json|config.json/)
  await expect(host.call('chat.open', { source: { runId: 'none' }, base: false })).rejects.toThrow('There is no run')
}, 60_000)
