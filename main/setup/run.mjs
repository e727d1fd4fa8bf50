// What npm's scripts start: plain JavaScript for Node 18 and later, Node's own modules only. It sees to the packages and
// to a Node that is new enough; prepare.ts, run by that Node, does the rest.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from '../native/cache-folder.mjs'
import { withLock } from '../native/lock.mjs'
import { runForeground, typescriptFlags } from './child.mjs'
import { ensureNode } from './node.mjs'
import { ensurePackages } from './packages.mjs'
import { phase } from './phase.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** @param {string} node */
function flagsOf(node) {
  return node === process.execPath ? typescriptFlags() : typescriptFlags('24.0.0')
}

async function main() {
  const lock = join(cacheFolder(), 'locks', `${createHash('sha256').update(root).digest('hex').slice(0, 16)}.lock`)
  const waiting = () => process.stderr.write('setup     waiting for another set-up of this folder\n')
  const node = await withLock(
    lock,
    async () => {
      await phase('packages', (update) => ensurePackages(root, update))
      return phase('node', (update) => ensureNode(update))
    },
    waiting,
  )
  // Stripping and compiling the set-up's TypeScript is half of what a start costs; Node keeps what it compiled here.
  const env = { ...process.env, NODE_COMPILE_CACHE: join(cacheFolder(), 'compiled') }
  return runForeground(node, [...flagsOf(node), join(root, 'main/setup/prepare.ts'), ...process.argv.slice(2)], env)
}

main().then(
  (code) => process.exit(code),
  (error) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.exit(1)
  },
)
