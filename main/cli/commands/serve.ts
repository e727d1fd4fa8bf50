import { spawn } from 'node:child_process'
import { StudioError } from '../../../shared/domain/error.ts'
import { keptToken } from '../../host/front/kept-token.ts'
import { type Front, startFront } from '../../host/front/server.ts'
import type { Host } from '../../host/host.ts'
import { EXIT } from '../exit-code.ts'
import { onInterrupt } from '../interrupt.ts'
import type { CommandContext, CommandResult } from './command.ts'

export type ServeOptions = { readonly port?: number; readonly open: boolean }

const DEFAULT_PORT = 5720

/** Without --port the usual one, or any free one where that is taken (a second studio). */
async function front(host: Host, port: number | undefined, note: (text: string) => void): Promise<Front> {
  const token = keptToken((await host.call('app.info', {})).dataFolder)
  if (port !== undefined) return startFront({ host, port, token })
  try {
    return await startFront({ host, port: DEFAULT_PORT, token })
  } catch (error) {
    if (!(error instanceof StudioError && error.data.code === 'conflict')) throw error
    note(`${error.data.message} Perhaps another DoRA Studio is open there; this one takes another port.`)
    return startFront({ host, port: 0, token })
  }
}

/** Best effort: where there is no desktop, the printed address is the way. */
function openBrowser(url: string): void {
  const [command, args]: [string, string[]] =
    process.platform === 'darwin'
      ? ['open', [url]]
      : process.platform === 'win32'
        ? ['cmd', ['/c', 'start', '', url]]
        : ['xdg-open', [url]]
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  child.on('error', () => {})
  child.unref()
}

/** `serve`: the studio in a browser on this machine (or through an SSH tunnel to it), until Ctrl+C. */
export async function serve({ port, open }: ServeOptions, { output, openHost }: CommandContext): CommandResult {
  const host = await openHost({ repairsHistory: true })
  const { url, port: actual, close } = await front(host, port, output.note)
  await host.call('downloads.takeUp', {})
  output.record({ url, port: actual })
  output.line(
    `DoRA Studio is open at ${url}\nOnly this machine can reach it. Ctrl+C ends it; a run at work is stopped with a checkpoint.`,
  )
  if (open) openBrowser(url)
  await new Promise<void>((resolve) => {
    onInterrupt((times) => {
      output.note(times === 1 ? '\nClosing; Ctrl+C again ends at once.' : '\nEnding.')
      if (times > 1) process.exit(EXIT.interrupted)
      resolve()
    })
  })
  await close()
  return EXIT.fine
}
