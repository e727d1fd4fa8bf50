import { z } from 'zod'
import { memoryLimitSchema } from './fit.ts'

/** What the user has decided for the machine that trains, whoever looks at it; kept in the data folder. */
export const machineSettingsSchema = z.object({
  /** Most memory in bytes that an engine may take; null: what is free. */
  memoryLimit: memoryLimitSchema.default(null),
})
export type MachineSettings = z.infer<typeof machineSettingsSchema>

/** How an engine is told of the limit, in bytes; absent where there is none. */
export const MEMORY_LIMIT_VARIABLE = 'DORA_MEMORY_LIMIT'
