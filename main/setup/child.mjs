// Plain JavaScript for Node 18.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/**
 * Runs a program in the foreground and gives its exit code (128 + signal when a signal ended it). Ctrl+C reaches it from
 * the terminal; this process only waits for it. Other ways to end this process are passed on.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>}
 */
export function runForeground(command, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { env, stdio: 'inherit' })
    const pass = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal)
    const wait = () => {}
    process.on('SIGINT', wait)
    for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, pass)
    child.on('error', reject)
    child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)))
  })
}

/** Flags that let any Node from 22.14 on run the TypeScript of the set-up as it is. */
export function typescriptFlags(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const strips = major > 22 || (major === 22 && minor >= 18)
  return ['--disable-warning=ExperimentalWarning', ...(strips ? [] : ['--experimental-strip-types'])]
}
