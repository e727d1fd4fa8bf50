import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageFaults } from '../../../main/native/packages.mjs'
import { temporaryFolder } from '../../temporary-folder.ts'

type Locked = { version: string; integrity?: string; optional?: boolean; os?: string[] }

function checkout(wanted: Record<string, Locked>, installed: Record<string, Locked> | null): string {
  const root = temporaryFolder()
  mkdirSync(join(root, 'node_modules'))
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': { name: 'x' }, ...wanted } }))
  if (installed) writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }))
  return root
}

const a = { version: '1.0.0', integrity: 'sha512-a' }

test('an installation as the lock file says has no faults', () => {
  expect(packageFaults(checkout({ 'node_modules/a': a }, { 'node_modules/a': a }))).toEqual([])
})

test('a missing package, another version and another content are faults', () => {
  const wanted = { 'node_modules/a': a, 'node_modules/b': a, 'node_modules/c': a }
  const installed = { 'node_modules/a': { ...a, version: '2.0.0' }, 'node_modules/b': { ...a, integrity: 'sha512-b' } }
  expect(packageFaults(checkout(wanted, installed))).toEqual(['node_modules/a', 'node_modules/b', 'node_modules/c'])
})

test('an installation that was broken off is one big fault', () => {
  expect(packageFaults(checkout({ 'node_modules/a': a }, null))).toEqual(['node_modules/a'])
})

test('packages of other systems and optional ones may be absent', () => {
  const wanted = { 'node_modules/other': { ...a, os: ['nowhere'] }, 'node_modules/maybe': { ...a, optional: true } }
  expect(packageFaults(checkout(wanted, {}))).toEqual([])
})

test('the checkout this test runs in is complete', () => {
  expect(packageFaults(join(import.meta.dirname, '../../..'))).toEqual([])
})
