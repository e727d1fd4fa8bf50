import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

const root = resolve(import.meta.dirname, '../..')

/** The address `serve` reports; its own words if it ends before. */
export async function addressOf(child: ChildProcess): Promise<string> {
  const heard: string[] = []
  child.stderr?.on('data', (data) => heard.push(String(data)))
  if (child.stdout === null) throw new Error('serve has no output')
  for await (const line of createInterface({ input: child.stdout })) {
    heard.push(line)
    const url = /http:\/\/127\.0\.0\.1:\d+\/#token=[^\s"]+/.exec(line)?.[0]
    if (url !== undefined) return url
  }
  throw new Error(`serve ended without an address:\n${heard.join('\n')}`)
}

export type ServeOptions = {
  readonly env?: Readonly<Record<string, string>>
  /** Command that node is started by, such as `['setpriv', …]`. */
  readonly wrap?: readonly string[]
}

/** The built studio in the browser front, with its own data folder. */
export async function startServe(dataFolder: string, port = 0, { env, wrap = [] }: ServeOptions = {}) {
  const serve = [process.execPath, join(root, 'dist/cli.mjs'), 'serve', '--port', String(port)]
  const [program = '', ...args] = [...wrap, ...serve]
  const child = spawn(program, args, {
    env: { ...process.env, DORA_STUDIO_HOME: dataFolder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const url = await addressOf(child)
  return {
    url,
    pid: child.pid ?? 0,
    port: Number(new URL(url).port),
    /** As a crash would end it: no goodbye. */
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
    async stop() {
      if (child.exitCode !== null) return
      child.kill('SIGINT')
      await once(child, 'exit')
    },
  }
}
