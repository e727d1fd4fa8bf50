import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** In device-independent pixels, as Electron counts. */
export type Rectangle = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
export type WindowState = { readonly bounds: Rectangle | null; readonly maximized: boolean }

export const DEFAULT_SIZE = { width: 1280, height: 800 }
export const SMALLEST = { width: 800, height: 560 }
/** So much of the title bar must be on a screen, or the window could not be moved back. */
const VISIBLE = { width: 120, height: 40 }
const LARGEST = 32_768

const isNumber = (value: unknown): value is number => typeof value === 'number' && Math.abs(value) <= LARGEST

/** What was saved; anything that is not a window's place is nothing. */
export function parseWindowState(text: string): WindowState {
  const nothing: WindowState = { bounds: null, maximized: false }
  try {
    const { bounds, maximized } = JSON.parse(text) as { bounds?: Partial<Rectangle> | null; maximized?: unknown }
    const { x, y, width, height } = bounds ?? {}
    const whole = isNumber(x) && isNumber(y) && isNumber(width) && isNumber(height)
    return { bounds: whole ? { x, y, width, height } : null, maximized: maximized === true }
  } catch {
    return nothing
  }
}

const overlap = (from: number, length: number, otherFrom: number, otherLength: number): number =>
  Math.min(from + length, otherFrom + otherLength) - Math.max(from, otherFrom)

/** The saved place if its title bar can be reached on one of the screens (which may have changed since), else only its size. */
export function placeOnScreens(
  bounds: Rectangle | null,
  screens: readonly Rectangle[],
): Partial<Rectangle> & { readonly width: number; readonly height: number } {
  if (!bounds) return DEFAULT_SIZE
  const width = Math.max(SMALLEST.width, Math.round(bounds.width))
  const height = Math.max(SMALLEST.height, Math.round(bounds.height))
  const x = Math.round(bounds.x)
  const y = Math.round(bounds.y)
  const reachable = screens.some(
    (screen) =>
      overlap(x, width, screen.x, screen.width) >= VISIBLE.width &&
      overlap(y, VISIBLE.height, screen.y, screen.height) >= VISIBLE.height,
  )
  return reachable ? { x, y, width, height } : { width, height }
}

export function readWindowState(file: string): WindowState {
  try {
    return parseWindowState(readFileSync(file, 'utf8'))
  } catch {
    return { bounds: null, maximized: false }
  }
}

/** A place that cannot be saved (full disk) is only forgotten. */
export function saveWindowState(file: string, state: WindowState): void {
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, JSON.stringify(state))
  } catch {}
}
