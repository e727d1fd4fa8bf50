import type { ChildProcess } from 'node:child_process'
import { onTestFinished } from 'vitest'

/** For a Node that does not take TypeScript by itself. */
export const strip = process.features.typescript ? [] : ['--experimental-strip-types', '--no-warnings']

/** What a process says and how it ends; it is killed with the test. */
export function watch(child: ChildProcess) {
  onTestFinished(() => void child.kill('SIGKILL'))
  let [out, err] = ['', '']
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const type = (text: string) => child.stdin?.write(text)
  return { child, ended, type, out: () => out, err: () => err }
}
