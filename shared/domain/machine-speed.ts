import { z } from 'zod'

const rate = z.number().positive()

/** How fast the backend of this machine does what training is made of: operations a second, and bytes a second. */
export const machineSpeedSchema = z.object({
  products: rate,
  bfloat16Products: rate,
  /** Products of stacks of small matrices, as attention has them. */
  stacks: rate,
  /** Bytes that elementwise operations read and write. */
  bytes: rate,
})
export type MachineSpeed = z.infer<typeof machineSpeedSchema>
