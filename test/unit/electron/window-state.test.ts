import { expect, test } from 'vitest'
import { DEFAULT_SIZE, parseWindowState, placeOnScreens, SMALLEST } from '../../../main/electron/window-state.ts'

const screen = { x: 0, y: 0, width: 1920, height: 1080 }
const nothing = { bounds: null, maximized: false }

test('a saved place is used again', () => {
  const bounds = { x: 100, y: 50, width: 1000, height: 700 }
  expect(parseWindowState(JSON.stringify({ bounds, maximized: true }))).toEqual({ bounds, maximized: true })
  expect(placeOnScreens(bounds, [screen])).toEqual(bounds)
})

test('a place on a screen that is gone keeps only its size', () => {
  const bounds = { x: 2500, y: 50, width: 1000, height: 700 }
  expect(placeOnScreens(bounds, [screen])).toEqual({ width: 1000, height: 700 })
  expect(placeOnScreens(bounds, [screen, { ...screen, x: 1920 }])).toEqual(bounds)
  // Only the bottom of the window can be seen: its title bar is out of reach.
  expect(placeOnScreens({ ...bounds, x: 0, y: -400 }, [screen])).toEqual({ width: 1000, height: 700 })
})

test('a window is never smaller than can be used', () => {
  expect(placeOnScreens({ x: 0, y: 0, width: 10, height: 10 }, [screen])).toEqual({ x: 0, y: 0, ...SMALLEST })
  expect(placeOnScreens(null, [screen])).toEqual(DEFAULT_SIZE)
})

test('a file that holds anything else is as good as none', () => {
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{"bounds":{"x":"1"}}',
    '{"bounds":{"x":1e99,"y":0,"width":1,"height":1}}',
  ])
    expect(parseWindowState(text), text).toEqual(nothing)
})
