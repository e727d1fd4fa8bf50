// Plain JavaScript for Node 18.
import { packageFaults, wantedPackages } from '../native/packages.mjs'
import { runNpm } from './npm.mjs'

/**
 * Installs what package-lock.json says when node_modules differs from it. Packages run no code of their own meanwhile
 * (.npmrc: ignore-scripts).
 * @param {string} root
 * @param {(text: string, fraction: number | null) => void} progress
 */
export async function ensurePackages(root, progress) {
  if (packageFaults(root).length === 0) return
  const total = wantedPackages(root).length
  const install = () => {
    let fetched = 0
    progress(`installing ${total} packages`, 0)
    return runNpm(['ci', '--loglevel=http'], root, (text) => {
      fetched += text.match(/\.tgz /g)?.length ?? 0
      progress(`installing ${total} packages`, Math.min(1, fetched / total))
    })
  }
  // Once more after a failure: the network, or an npm of an interrupted set-up that was still writing.
  await install().catch(install)
  const faults = packageFaults(root)
  if (faults.length > 0) {
    throw new Error(`npm installed other packages than package-lock.json names: ${faults.slice(0, 5).join(', ')}`)
  }
}
