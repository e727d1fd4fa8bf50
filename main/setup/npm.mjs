// Plain JavaScript for Node 18.
import { spawn } from 'node:child_process'
import { basename } from 'node:path'

/**
 * Runs npm in `cwd`, quietly; on failure throws an error with what npm said. `onOutput` gets every piece of its log.
 * @param {string[]} args
 * @param {string} cwd
 * @param {(text: string) => void} onOutput
 * @returns {Promise<void>}
 */
export function runNpm(args, cwd, onOutput = () => {}) {
  const script = process.env.npm_execpath
  const own = script && basename(script) === 'npm-cli.js'
  const [command, first] = own ? [process.execPath, [script]] : [process.platform === 'win32' ? 'npm.cmd' : 'npm', []]
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, ...args], {
      cwd,
      shell: command === 'npm.cmd',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        said = (said + chunk).slice(-20_000)
        onOutput(String(chunk))
      })
    }
    child.on('error', () => reject(new Error('npm cannot be started. Is it installed with Node?')))
    child.on('close', (code) => {
      if (code === 0) resolve()
      else
        reject(
          new Error(
            `npm ${args[0]} failed:\n${
              said
                .split('\n')
                .filter((line) => /npm err/i.test(line))
                .join('\n') || said
            }`,
          ),
        )
    })
  })
}
