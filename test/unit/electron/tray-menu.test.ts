import { expect, test } from 'vitest'
import { trayLine, trayTemplate } from '../../../main/electron/tray-menu.ts'

const run = (name: string, step: number, totalSteps: number) => ({ id: name, name, step, totalSteps })

test('one line tells what is at work, how far it is, and how many wait', () => {
  expect(trayLine([])).toBe('Nothing is running')
  expect(trayLine([run('demo', 0, 0)])).toBe('demo: step 0')
  expect(trayLine([run('demo', 499, 500)])).toBe('demo: 99%')
  expect(trayLine([run('demo', 121, 500), run('next', 0, 0), run('last', 0, 0)])).toBe('demo: 24%, and 2 more')
})

test('every item of the menu does what it says', () => {
  const done: string[] = []
  const note = (what: string) => () => void done.push(what)
  const items = trayTemplate('demo: 24%', { show: note('show'), stop: note('stop'), quit: note('quit') })
  expect(items[0]).toMatchObject({ label: 'demo: 24%', enabled: false })
  for (const label of ['Show DoRA Studio', 'Stop with a Checkpoint', 'Stop with a Checkpoint and Quit']) {
    const press = items.find((item) => item.label === label)?.click as (() => void) | undefined
    press?.()
  }
  expect(done).toEqual(['show', 'stop', 'quit'])
})
