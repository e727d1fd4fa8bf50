import { firstTables } from './0001-first-tables.ts'
import { notesQueueLibrary } from './0002-notes-queue-library.ts'
import { metricLeaves } from './0003-metric-leaves.ts'
import { exportsByStatus } from './0004-exports-by-status.ts'
import { alarms } from './0005-alarms.ts'
import { importedRuns } from './0006-imported-runs.ts'
import { downloads } from './0007-downloads.ts'
import { chats } from './0008-chats.ts'
import { baseDropout } from './0009-base-dropout.ts'
import { twins } from './0010-twins.ts'
import type { Migration } from './migration.ts'

/** All steps in order; the number of a file is its place here, counted from 1. Only ever append. */
export const MIGRATIONS: readonly Migration[] = [
  firstTables,
  notesQueueLibrary,
  metricLeaves,
  exportsByStatus,
  alarms,
  importedRuns,
  downloads,
  chats,
  baseDropout,
  twins,
]
