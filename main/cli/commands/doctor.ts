import { entryFile } from '../../host/folders.ts'
import { readDoctorReport } from '../../host/services/doctor-report.ts'
import { EXIT } from '../exit-code.ts'
import { numberText, tableText } from '../format.ts'
import type { CommandContext, CommandResult } from './command.ts'

const MARKS = { ok: 'ok', warning: 'warning', error: 'ERROR' } as const

/** `doctor`: what there is to train with, what is wrong and the cure; 1 if anything is. Needs no database. */
export async function doctor({ output }: CommandContext): CommandResult {
  const report = await readDoctorReport(entryFile('doctor'))
  output.record(report)
  output.line(tableText(report.checks.map(({ status, label, found }) => [MARKS[status], label, found])))
  for (const { label, cure } of report.checks.filter(({ cure }) => cure)) output.line(`${label}: ${cure}`)
  const speed = report.gflops === null ? 'self-test did not run' : `${numberText(report.gflops)} GFLOP/s`
  output.line(`Trains on ${report.device} (${report.backend}), ${speed}`)
  return report.checks.some(({ status }) => status === 'error') ? EXIT.failed : EXIT.fine
}
