import type { MenuItemConstructorOptions } from 'electron'
import { expect, test, vi } from 'vitest'
import { menuTemplate } from '../../../main/electron/menu.ts'

function actions() {
  return { navigate: vi.fn(), showDataFolder: vi.fn(), showLogs: vi.fn(), about: vi.fn(), quit: vi.fn() }
}

const flat = (items: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] =>
  items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? flat(item.submenu) : [])])

test.each(['linux', 'win32', 'darwin'])(
  'on %s no two entries share a key, and every entry does something',
  (platform) => {
    const items = flat(menuTemplate(actions(), platform, true))
    const keys = items.flatMap(({ accelerator }) =>
      accelerator ? [String(accelerator).replace('CmdOrCtrl', 'Cmd')] : [],
    )
    expect(new Set(keys).size).toBe(keys.length)
    for (const item of items) expect(item.role ?? item.click ?? item.submenu ?? item.type, item.label).toBeDefined()
  },
)

test('an installed studio offers no developer tools', () => {
  const roles = (packaged: boolean) => flat(menuTemplate(actions(), 'linux', packaged)).map(({ role }) => role)
  expect(roles(true)).not.toContain('toggleDevTools')
  expect(roles(false)).toContain('toggleDevTools')
})

test('entries lead to the screens they name', () => {
  const done = actions()
  const items = flat(menuTemplate(done, 'linux', true))
  for (const label of ['&Doctor', '&New Run', 'Show &Logs', '&Quit'])
    (items.find((item) => item.label === label)?.click as (() => void) | undefined)?.()
  expect(done.navigate.mock.calls).toEqual([['#/doctor'], ['#/new']])
  expect(done.showLogs).toHaveBeenCalledOnce()
  expect(done.quit).toHaveBeenCalledOnce()
})
