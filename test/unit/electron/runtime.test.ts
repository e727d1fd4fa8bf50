import { expect, test } from 'vitest'
import { chooseRuntime } from '../../../main/electron/runtime.ts'

const execPath = '/studio/electron'

test('a current Electron runs the host itself, even when a Node is named', () => {
  const own = { execPath, env: { ELECTRON_RUN_AS_NODE: '1' } }
  expect(chooseRuntime({ execPath, nodeApi: '10', env: {} })).toEqual(own)
  expect(chooseRuntime({ execPath, nodeApi: '11', env: { DORA_NODE: '/node' } })).toEqual(own)
})

test('one that is too old for the database leaves it to the Node of the set-up, or to nobody', () => {
  expect(chooseRuntime({ execPath, nodeApi: '5', env: { DORA_NODE: '/node' } })).toEqual({ execPath: '/node', env: {} })
  expect(chooseRuntime({ execPath, nodeApi: '5', env: {} })).toBeNull()
  expect(chooseRuntime({ execPath, nodeApi: undefined, env: {} })).toBeNull()
})
