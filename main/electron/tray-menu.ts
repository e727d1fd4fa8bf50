import type { MenuItemConstructorOptions } from 'electron'
import type { ActiveRun } from './run-watch.ts'

export type TrayActions = {
  readonly show: () => void
  /** Stops what is at work with a checkpoint; the studio stays. */
  readonly stop: () => void
  readonly quit: () => void
}

/** What is at work in one line, such as `demo: 24%, and 2 more`. */
export function trayLine(runs: readonly ActiveRun[]): string {
  const [first] = runs
  if (!first) return 'Nothing is running'
  const { name, step, totalSteps } = first
  const progress = totalSteps ? `${Math.floor((100 * step) / totalSteps)}%` : `step ${step}`
  const more = runs.length > 1 ? `, and ${runs.length - 1} more` : ''
  return `${name}: ${progress}${more}`
}

/** The menu of the icon that stands for a studio in the background; pure. */
export function trayTemplate(line: string, { show, stop, quit }: TrayActions): MenuItemConstructorOptions[] {
  return [
    { label: line, enabled: false },
    { type: 'separator' },
    { label: 'Show DoRA Studio', click: show },
    { label: 'Stop with a Checkpoint', click: stop },
    { type: 'separator' },
    { label: 'Stop with a Checkpoint and Quit', click: quit },
  ]
}
