import type { Host, HostOptions } from '../../host/host.ts'
import type { ExitCode } from '../exit-code.ts'
import type { Output } from '../output.ts'

/** What a command works with. The host is opened on first use and closed by the program. */
export type CommandContext = {
  readonly output: Output
  readonly openHost: (options?: HostOptions) => Promise<Host>
  readonly dataFolder: string
}

export type CommandResult = Promise<ExitCode>
