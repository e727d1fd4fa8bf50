import { expect, test } from 'vitest'
import { isOwnPage, isOwnUrl } from '../../../main/electron/sender-check.ts'

const own = { contentsId: 1, frameId: 3, processId: 7 }
const sender = { ...own, url: 'dora-studio://app/index.html#/runs' }

test('our own page in our own frame may speak', () => {
  expect(isOwnPage(sender, own)).toBe(true)
  expect(isOwnPage({ ...sender, processId: undefined }, own)).toBe(true)
})

test('another window, frame, process or address may not', () => {
  const others = [
    { ...sender, contentsId: 2 },
    { ...sender, frameId: 4 },
    { ...sender, processId: 8 },
    { ...sender, url: 'data:text/html,x' },
    { ...sender, url: 'https://example.com/' },
    { ...sender, url: '' },
  ]
  for (const other of others) expect(isOwnPage(other, own), JSON.stringify(other)).toBe(false)
  expect(isOwnPage(sender, null)).toBe(false)
})

test('an address that only begins like ours is foreign', () => {
  expect(isOwnUrl('dora-studio://app')).toBe(true)
  for (const url of [
    'dora-studio://app.evil/',
    'dora-studio://apple/',
    'dora-studio://other/index.html',
    'file:///app',
  ])
    expect(isOwnUrl(url), url).toBe(false)
})
