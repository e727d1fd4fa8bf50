import { type DoctorReport, doctorReportSchema } from '../../../shared/domain/doctor.ts'
import { readReport } from './report-process.ts'

/** Runs the Doctor in its own process (a broken native library must not take the host with it). Takes seconds. */
export const readDoctorReport = (entry: string): Promise<DoctorReport> =>
  readReport('The Doctor', entry, ['--json'], doctorReportSchema)
