import { createInterface } from 'node:readline/promises'
import { toErrorData } from '../../shared/domain/error.ts'
import { onInterrupt } from './interrupt.ts'
import { faultText, type Output } from './output.ts'

type Conversation = {
  /** Says a text; resolves when its answer is written. */
  readonly ask: (text: string) => Promise<void>
  readonly cancel: () => Promise<void>
  readonly clear: () => Promise<void>
  readonly output: Output
}

const HELP = 'Enter asks, Ctrl+C stops an answer and then leaves, /clear forgets what was said, /exit leaves.'

/**
 * One text, or one for each line of standard input until its end. Ctrl+C ends the answer being given; where there is none,
 * or the answer does not end, it leaves. Resolves with whether an answer was stopped.
 */
export async function converse(prompt: string | undefined, talk: Conversation): Promise<boolean> {
  let [stopped, answering] = [false, false]
  const left = Promise.withResolvers<'left'>()
  const interrupt = () => {
    if (!answering || stopped) return left.resolve('left')
    stopped = true
    talk.output.note('Stopping the answer; Ctrl+C once more leaves.')
    void talk.cancel().catch(() => left.resolve('left'))
  }
  const ask = async (text: string) => {
    stopped = false
    answering = true
    await Promise.race([talk.ask(text), left.promise]).finally(() => {
      answering = false
    })
  }
  const release = onInterrupt(interrupt)
  try {
    if (prompt !== undefined) await ask(prompt)
    else await eachLine(talk, ask, left.promise, interrupt)
    return stopped
  } finally {
    release()
  }
}

/** Empty lines are passed over. A fault ends a pipe, but not a conversation. */
async function eachLine(
  { output, clear }: Conversation,
  ask: (text: string) => Promise<void>,
  left: Promise<'left'>,
  interrupt: () => void,
): Promise<void> {
  const { interactive } = output
  const lines = createInterface({
    input: process.stdin,
    output: interactive ? process.stderr : undefined,
    prompt: '> ',
  })
  // A terminal in the hands of readline sends no signal.
  lines.on('SIGINT', interrupt)
  let open = true
  lines.on('close', () => {
    open = false
  })
  void left.then(() => lines.close())
  const command = async (line: string): Promise<boolean> => {
    if (line === '/clear') await clear()
    return ['/clear', '/help'].includes(line)
  }
  if (interactive) {
    output.note(HELP)
    lines.prompt()
  }
  for await (const line of lines) {
    const text = line.trim()
    if (interactive && text === '/exit') break
    if (interactive && (await command(text))) output.note(text === '/help' ? HELP : 'Forgotten.')
    else if (text !== '') {
      await ask(line).catch((error: unknown) => {
        if (!interactive) throw error
        output.note(faultText(toErrorData(error)))
      })
    }
    if (interactive && open) lines.prompt()
  }
  lines.close()
}
