import { spawn } from 'node:child_process'

export type CommandResult = { readonly code: number; readonly output: string }
export type CommandOptions = {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly timeoutMs?: number
  readonly onOutput?: (text: string) => void
}

const KEPT = 64 * 1024

/** Runs a program without a shell; never throws: a program that is missing answers with code 127. Keeps the last 64 KiB of output. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { cwd, env = process.env, timeoutMs, onOutput } = options
  return new Promise((resolve) => {
    const child = spawn(command, [...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true })
    // spawn's own time limit would keep the process alive after a program that could not be started.
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => child.kill(), timeoutMs)
    const end = (result: CommandResult): void => {
      clearTimeout(timer)
      resolve(result)
    }
    let output = ''
    const take = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-KEPT)
      onOutput?.(chunk.toString())
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', (error) => end({ code: 127, output: error.message }))
    child.on('close', (code, signal) => {
      end({ code: code ?? 1, output: signal ? `${output}\nended by ${signal}` : output })
    })
  })
}

/** The line a person should read first: pip and compilers put their reason after "ERROR:" or "error:". */
export function reasonOf(result: CommandResult): string {
  const lines = result.output
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  return lines.find((line) => /error\b/i.test(line)) ?? lines.at(-1) ?? `exit code ${result.code}`
}
