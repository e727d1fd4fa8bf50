import { formatBytes } from '../../../shared/domain/amounts.ts'
import { EXIT } from '../exit-code.ts'
import type { CommandContext, CommandResult } from './command.ts'

/** `limit [SIZE|none]`: shows or sets the most memory that a run may take on this machine. `null` takes the limit away. */
export async function limit(size: number | null | undefined, { output, openHost }: CommandContext): CommandResult {
  const host = await openHost()
  const settings =
    size === undefined ? await host.call('settings.get', {}) : await host.call('settings.set', { memoryLimit: size })
  output.record(settings)
  const { memoryLimit } = settings
  output.line(
    memoryLimit === null ? 'No limit: a run may take what is free.' : `A run may take ${formatBytes(memoryLimit)}.`,
  )
  return EXIT.fine
}
