import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { serverMessageSchema } from '../../../shared/wire.ts'
import { temporaryFolder } from '../../temporary-folder.ts'

const ENTRY = join(import.meta.dirname, '../../../main/host/process.ts')

function start(home: string) {
  const execArgv = process.features.typescript ? [] : ['--experimental-strip-types']
  const child = fork(ENTRY, [], {
    execArgv,
    env: { ...process.env, DORA_STUDIO_HOME: home },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

test('a forked host answers calls over its channel and leaves when the channel closes', async () => {
  const home = temporaryFolder()
  const child = start(home)
  child.send({ id: 1, call: 'app.info', input: {} })
  const [message] = await once(child, 'message')
  expect(serverMessageSchema.parse(message)).toMatchObject({ id: 1, ok: true, output: { dataFolder: home } })
  const exit = once(child, 'exit')
  child.disconnect()
  expect(await exit).toEqual([0, null])
})

test('a forked host that cannot open its folder says why and ends with 1', async () => {
  const file = join(temporaryFolder(), 'file')
  writeFileSync(file, '')
  const child = start(join(file, 'home'))
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    text += part
  })
  expect(await once(child, 'close')).toEqual([1, null])
  expect(text).toContain('Set DORA_STUDIO_HOME to a folder you may write.')
})
