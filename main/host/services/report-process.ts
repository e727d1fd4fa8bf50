import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { z } from 'zod'
import { fault } from '../../../shared/domain/error.ts'
import { withoutToken } from '../hub/token.ts'

const TIMEOUT_MS = 120_000
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024

type Output = { readonly stdout: string; readonly stderr: string; readonly problem: string | null }

function run(entry: string, args: readonly string[]): Promise<Output> {
  const options = {
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
    encoding: 'utf8' as const,
    env: { ...withoutToken(process.env), ELECTRON_RUN_AS_NODE: '1' },
  }
  return new Promise((done) => {
    execFile(process.execPath, [entry, ...args], options, (error, stdout, stderr) => {
      done({ stdout, stderr, problem: error ? error.message.split('\n')[0]?.slice(0, 300) || 'failed' : null })
    })
  })
}

function parse<T extends z.ZodType>(stdout: string, schema: T): z.output<T> | undefined {
  // Native libraries may write a line of their own before the report.
  const start = stdout.search(/^\{/m)
  if (start < 0) return undefined
  try {
    return schema.safeParse(JSON.parse(stdout.slice(start))).data
  } catch {
    return undefined
  }
}

/**
 * Runs a program of the studio that prints one JSON report, in a process of its own; `what` names it in faults. One that
 * finds errors may exit with 1 and still print its report.
 */
export async function readReport<T extends z.ZodType>(
  what: string,
  entry: string,
  args: readonly string[],
  schema: T,
): Promise<z.output<T>> {
  if (!existsSync(entry)) {
    throw fault('not-found', `${what} ${entry} is missing.`, { hint: 'Build the studio first: npm start does it.' })
  }
  const { stdout, stderr, problem } = await run(entry, args)
  const report = parse(stdout, schema)
  if (report !== undefined) return report
  const details = `${stdout}\n${stderr}`
    .split('\n')
    .filter((line) => line.trim())
    .slice(-12)
  throw fault('native', `${what} gave no report${problem ? `: ${problem}` : '.'}`, { details })
}
