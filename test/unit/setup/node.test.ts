import { expect, test } from 'vitest'
import { typescriptFlags } from '../../../main/setup/child.mjs'
import { ensureNode, isNewEnough } from '../../../main/setup/node.mjs'

test.each([
  ['18.20.0', false],
  ['22.13.1', false],
  ['22.14.0', true],
  ['23.0.0', true],
  ['24.21.0', true],
])('Node %s is new enough: %j', (version, enough) => {
  expect(isNewEnough(version)).toBe(enough)
})

test('a Node that is new enough is used as it is', async () => {
  expect(await ensureNode(() => {})).toBe(process.execPath)
})

test('only Nodes that need it are told to strip types', () => {
  expect(typescriptFlags('22.14.0')).toContain('--experimental-strip-types')
  expect(typescriptFlags('22.18.0')).not.toContain('--experimental-strip-types')
  expect(typescriptFlags('24.21.0')).not.toContain('--experimental-strip-types')
})
