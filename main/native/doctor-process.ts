// Entry of dist/doctor.mjs. Forked by a host it sends one DoctorReport and ends; from a shell it prints the report.
import type { DoctorReport } from '../../shared/domain/doctor.ts'
import { doctorReport } from './doctor.ts'

const MARKS = { ok: 'ok     ', warning: 'WARNING', error: 'ERROR  ' } as const

function asText({ checks, backend, device }: DoctorReport): string {
  const width = Math.max(...checks.map(({ label }) => label.length))
  const lines = checks.flatMap(({ status, label, found, cure }) => [
    `${MARKS[status]}  ${label.padEnd(width)}  ${found}`,
    ...(cure ? [`${' '.repeat(width + 11)}${cure}`] : []),
  ])
  return [...lines, `Backend: ${backend} on ${device}`].join('\n')
}

const report = await doctorReport()
if (report.checks.some(({ status }) => status === 'error')) process.exitCode = 1
if (process.send) process.send(report, () => process.disconnect?.())
else console.log(process.argv.includes('--json') ? JSON.stringify(report) : asText(report))
