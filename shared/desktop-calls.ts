import { z } from 'zod'

const title = z.string().min(1).max(120)
/** Where the dialog opens; null: where the system thinks best. */
const startAt = z.string().max(4096).nullable()
const chosen = z.object({ path: z.string().nullable() })
const filters = z.array(z.object({ name: z.string().max(60), extensions: z.array(z.string().max(12)).max(8) })).max(8)

/**
 * What only the desktop window can do: its main process answers these itself. Every other front answers `refused`, and
 * the page offers a text field instead. `path` is null when the user cancelled.
 */
export const DESKTOP_CALLS = {
  'dialog.openFolder': { input: z.object({ title, startAt }), output: chosen },
  'dialog.openFile': { input: z.object({ title, startAt, filters }), output: chosen },
  'dialog.saveFile': { input: z.object({ title, startAt, filters }), output: chosen },
  /** Shows an existing folder in the system's file manager. */
  'shell.showFolder': { input: z.object({ path: z.string().min(1).max(4096) }), output: z.object({}) },
} as const

export type DesktopCalls = typeof DESKTOP_CALLS
export type DesktopCallName = keyof DesktopCalls
