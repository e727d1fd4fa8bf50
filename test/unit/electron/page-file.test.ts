import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { fileOf } from '../../../main/electron/page-file.ts'

const root = resolve('/page')

test('addresses of the page name files of the built page', () => {
  expect(fileOf('dora-studio://app/', root)).toBe(join(root, 'index.html'))
  expect(fileOf('dora-studio://app/index.html#/runs/1', root)).toBe(join(root, 'index.html'))
  expect(fileOf('dora-studio://app/assets/index-1.js?x', root)).toBe(join(root, 'assets', 'index-1.js'))
})

test('nothing outside it, hidden in it or of another host has a name', () => {
  const addresses = [
    'dora-studio://app/%2e%2e/secret',
    'dora-studio://app/..%2f..%2fetc/passwd',
    'dora-studio://app/a%5c..%5csecret',
    'dora-studio://app/.stamps/x',
    'dora-studio://app/C%3A/x',
    'dora-studio://app/a%00',
    'dora-studio://app/%E0%A4%A',
    'dora-studio://other/index.html',
    'file:///etc/passwd',
    'no address',
  ]
  for (const address of addresses) {
    const file = fileOf(address, root)
    expect(file === null || file.startsWith(root), address).toBe(true)
  }
  expect(addresses.slice(1).map((address) => fileOf(address, root))).toEqual(Array(9).fill(null))
})
