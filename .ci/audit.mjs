// Asks the registry for known faults in the packages that the lock file names, npm's bulk advisories. High and critical
// ones in what is shipped fail, those in tools are told. A registry without that service (a mirror, or no network) is said
// to be one, since nothing can be known then; anything else that keeps the answer away fails.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
/** A tool by its place in package.json, but the window that is shipped. */
const SHIPPED_TOOL = 'electron'
const isShipped = ({ name, nodes }) => name === SHIPPED_TOOL || nodes.some((path) => !packages[path]?.dev)

/** What npm says where nobody answers questions about faults: refused methods, unknown paths, no way to the registry. */
const WITHOUT_SERVICE = [404, 405, 501]
const UNREACHABLE =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|network timeout/

function ask() {
  const { stdout, error } = spawnSync('npm', ['audit', '--json', '--include=dev'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    shell: process.platform === 'win32',
  })
  if (error) throw error
  try {
    return JSON.parse(stdout)
  } catch {
    throw new Error(`npm audit answered with no JSON: ${stdout.slice(0, 200)}`)
  }
}

const report = ask()
if (report.metadata) {
  const found = Object.values(report.vulnerabilities).map((one) => ({ ...one, shipped: isShipped(one) }))
  for (const { name, severity, range, shipped } of found)
    console.log(`audit: ${severity} ${name} ${range}, ${shipped ? 'shipped' : 'a tool'}`)
  const grave = found.filter(({ severity, shipped }) => shipped && ['high', 'critical'].includes(severity))
  const { total } = report.metadata.dependencies
  console.log(
    `audit: ${total} packages looked up, ${found.length} with known faults, ${grave.length} grave ones are shipped`,
  )
  process.exitCode = grave.length > 0 ? 1 : 0
} else if (WITHOUT_SERVICE.includes(report.statusCode) || UNREACHABLE.test(report.message ?? '')) {
  console.log(
    'audit: NOT DONE. This registry has no audit service, or cannot be reached; known faults of packages were not looked up',
  )
} else {
  console.log(`audit: failed: ${report.message ?? report.error?.summary ?? JSON.stringify(report).slice(0, 300)}`)
  process.exitCode = 1
}
