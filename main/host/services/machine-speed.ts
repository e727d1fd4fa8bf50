import { readDoctorReport } from './doctor-report.ts'

/**
 * Speed of the machine in GFLOP/s by the Doctor's matrix products, measured at the first question and kept. Null while
 * `busy`, since a run at work would make it look slow, and where it cannot be measured.
 */
export function createMachineSpeed(doctorEntry: string, busy: () => boolean): () => Promise<number | null> {
  let known: Promise<number | null> | null = null

  const measure = () =>
    readDoctorReport(doctorEntry).then(
      ({ gflops }) => gflops,
      () => null,
    )
  return () => {
    if (known === null && busy()) return Promise.resolve(null)
    known ??= measure()
    return known
  }
}
