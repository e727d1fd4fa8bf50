import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type DoctorReport, doctorReportSchema } from '../../../shared/domain/doctor.ts'
import { fault } from '../../../shared/domain/error.ts'

const TIMEOUT_MS = 120_000
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024

type Output = { readonly stdout: string; readonly stderr: string; readonly problem: string | null }

function runDoctor(entry: string): Promise<Output> {
  const options = {
    timeout: TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
    encoding: 'utf8' as const,
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  }
  return new Promise((done) => {
    execFile(process.execPath, [entry, '--json'], options, (error, stdout, stderr) => {
      done({ stdout, stderr, problem: error ? error.message.split('\n')[0]?.slice(0, 300) || 'failed' : null })
    })
  })
}

function parseReport(stdout: string): DoctorReport | undefined {
  // Native libraries may write a line of their own before the report.
  const start = stdout.search(/^\{/m)
  if (start < 0) return undefined
  try {
    return doctorReportSchema.safeParse(JSON.parse(stdout.slice(start))).data
  } catch {
    return undefined
  }
}

/** Runs the Doctor in its own process (a broken native library must not take the host with it). Takes seconds. */
export async function readDoctorReport(entry: string): Promise<DoctorReport> {
  if (!existsSync(entry)) {
    throw fault('not-found', `The Doctor ${entry} is missing.`, { hint: 'Build the studio first: npm start does it.' })
  }
  const { stdout, stderr, problem } = await runDoctor(entry)
  // A Doctor that finds errors exits with 1 and still prints its report.
  const report = parseReport(stdout)
  if (report) return report
  const details = `${stdout}\n${stderr}`
    .split('\n')
    .filter((line) => line.trim())
    .slice(-12)
  throw fault('native', `The Doctor gave no report${problem ? `: ${problem}` : '.'}`, { details })
}
