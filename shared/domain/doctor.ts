import { z } from 'zod'

/** One line of the Doctor: what was looked at, what was found, and the cure when something is wrong. */
export const doctorCheckSchema = z.object({
  id: z.string(),
  label: z.string(),
  status: z.enum(['ok', 'warning', 'error']),
  found: z.string(),
  cure: z.string().default(''),
})
export type DoctorCheck = z.infer<typeof doctorCheckSchema>

export const doctorReportSchema = z.object({
  checks: z.array(doctorCheckSchema),
  backend: z.enum(['tensorflow', 'portable']),
  device: z.string(),
  /** Matrix product self-test on the chosen backend, GFLOP/s; null when it could not run. */
  gflops: z.number().nullable(),
})
export type DoctorReport = z.infer<typeof doctorReportSchema>
