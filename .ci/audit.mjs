// Asks the registry for known faults in what is shipped. High and critical ones fail; a registry without an audit service
// (a mirror, or no network) is said to be one, since nothing can be known then.
import { spawnSync } from 'node:child_process'

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json'], {
  encoding: 'utf8',
  shell: process.platform === 'win32',
})

function reportOf(text) {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

const { vulnerabilities, metadata } = reportOf(stdout)
if (!metadata) {
  console.log('audit: this registry has no audit service; known faults of dependencies were NOT looked up')
} else {
  const { high, critical } = metadata.vulnerabilities
  for (const { name, severity, range } of Object.values(vulnerabilities))
    console.log(`audit: ${severity} ${name} ${range}`)
  console.log(`audit: ${metadata.dependencies.prod} packages are shipped, ${high} high and ${critical} critical faults`)
  process.exitCode = high + critical > 0 ? 1 : 0
}
