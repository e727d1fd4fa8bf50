import { z } from 'zod'

const fileSchema = z.object({ path: z.string(), bytes: z.number() })

/** What was found in the file that holds all runs and their metrics. */
export const historyReportSchema = z.object({
  file: z.string(),
  bytes: z.number(),
  runs: z.number().int(),
  /** What SQLite says against it; empty: every page is sound. */
  complaints: z.array(z.string()),
  /** Copies made before the schema changed, oldest first. */
  backups: z.array(fileSchema),
  /** Damaged files that a repair has set aside. */
  damaged: z.array(fileSchema),
  /** A repair was asked for and is done when the studio starts next. */
  repairAtStart: z.boolean(),
})
export type HistoryReport = z.infer<typeof historyReportSchema>

/** What a repair brought over. */
export const historyRepairSchema = z.object({
  runs: z.number().int(),
  metrics: z.number().int(),
  /** Runs of which only the folder was left: settings and checkpoints are back, curves are not. */
  fromFolders: z.number().int(),
  /** Tables of which a part could not be read, each with what SQLite said. */
  lost: z.array(z.string()),
  /** Where the damaged file is now. */
  kept: z.string(),
})
export type HistoryRepair = z.infer<typeof historyRepairSchema>
