import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { type GenerationOptions, type GenerationStats, generationOptionsSchema } from '../../../shared/domain/chat.ts'
import { fault } from '../../../shared/domain/error.ts'
import type { Host } from '../../host/host.ts'
import { EXIT } from '../exit-code.ts'
import { findRun } from '../find-run.ts'
import { numberText } from '../format.ts'
import { onInterrupt } from '../interrupt.ts'
import type { CommandContext, CommandResult } from './command.ts'

export type ChatOptions = {
  readonly base: boolean
  readonly prompt?: string
  readonly instruction?: string
  readonly stop: readonly string[]
} & Partial<Omit<GenerationOptions, 'stop'>>

const REASONS = { end: 'end of the answer', stop: 'stop text', length: 'limit reached', cancelled: 'stopped' } as const

function generationOptions(given: ChatOptions): GenerationOptions {
  const parsed = generationOptionsSchema.safeParse(given)
  if (parsed.success) return parsed.data
  const details = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
  throw fault('bad-config', 'These options cannot be used.', { details })
}

async function sourceOf(host: Host, text: string): Promise<{ runId: string } | { folder: string }> {
  const folder = resolve(text)
  if (existsSync(join(folder, 'config.json'))) return { folder }
  return { runId: (await findRun(host, text)).id }
}

function statsText({ tokens, seconds, reason }: GenerationStats): string {
  const rate = seconds > 0 ? ` (${numberText(tokens / seconds)} tokens/s)` : ''
  return `${tokens} tokens in ${numberText(seconds)} s${rate}, ${REASONS[reason]}`
}

/** `chat RUN|MODEL_FOLDER`: one answer with --prompt, else one for each line of standard input. */
export async function chat(text: string, given: ChatOptions, { output, openHost }: CommandContext): CommandResult {
  const options = generationOptions(given)
  if (!output.json) output.note('Loading the model …')
  const host = await openHost()
  const opened = await host.call('chat.open', { source: await sourceOf(host, text), base: given.base })
  const { chatId } = opened
  const instruction = given.instruction ?? opened.instruction
  const write = (piece: string) => (output.json ? undefined : void process.stdout.write(piece))
  const endTokens = host.on('chat.token', (token) => token.chatId === chatId && write(token.text))
  let interrupted = false
  const answer = async (prompt: string) => {
    const release = onInterrupt(() => {
      interrupted = true
      void host.call('chat.cancel', { chatId })
    })
    const reply = await host
      .call('chat.send', { chatId, prompt: { text: prompt, instruction }, options })
      .finally(release)
    write('\n')
    output.record({ prompt, ...reply })
    if (!output.json) output.note(statsText(reply.stats))
  }
  try {
    if (given.prompt !== undefined) await answer(given.prompt)
    else await eachLine(output.interactive, answer)
  } finally {
    endTokens()
    await host.call('chat.close', { chatId })
  }
  return interrupted && given.prompt !== undefined ? EXIT.interrupted : EXIT.fine
}

/** Empty lines are passed over; the end of the input ends the chat. */
async function eachLine(interactive: boolean, answer: (prompt: string) => Promise<void>): Promise<void> {
  const lines = createInterface({
    input: process.stdin,
    output: interactive ? process.stderr : undefined,
    prompt: '> ',
  })
  if (interactive) lines.prompt()
  for await (const line of lines) {
    if (line.trim() !== '') await answer(line)
    if (interactive) lines.prompt()
  }
}
