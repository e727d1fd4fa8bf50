import { createRequire } from 'node:module'
import { fault } from '../../shared/domain/error.ts'

type Tensorflow = typeof import('@tensorflow/tfjs-node-gpu')

const require = createRequire(import.meta.url)

/** tfjs-node 4 calls two functions that Node 23 removed from `util`; this is the one place that puts them back. */
function restoreUtil(): void {
  const util: Record<string, unknown> = require('node:util')
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined
  util.isArray ??= Array.isArray
}

/** Read by the library when it is loaded, so it has to be set before; the user's own settings win. */
function setLibrary(): void {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
  // Costs two lines on stderr that no log level hides (see library-noise.ts).
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1'
  // Takes of a GPU what it needs; left alone it takes all, and the desktop beside it stalls.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true'
}

/** The package looks for its addon beside itself; in an installed studio it is elsewhere (addonEnvironment says where). */
function pointToAddon(): void {
  const addon = process.env.DORA_STUDIO_ADDON
  if (!addon) return
  // The package asks node-pre-gyp for the path, and nothing else of it; what `find` is there cannot be set.
  const fromPackage = createRequire(require.resolve('@tensorflow/tfjs-node-gpu/package.json'))
  const locator = fromPackage.resolve('@mapbox/node-pre-gyp')
  fromPackage(locator)
  const loaded = require.cache[locator]
  if (loaded) loaded.exports = { find: () => addon }
}

/** Loads libtensorflow into this process (about 1.5 s the first time). Throws `native` with the reason and the cure. */
export async function loadTensorflow(): Promise<Tensorflow> {
  restoreUtil()
  setLibrary()
  try {
    pointToAddon()
    return require('@tensorflow/tfjs-node-gpu')
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message.split('\n')[0]?.trim() : String(thrown)
    throw fault('native', `TensorFlow's native library cannot be loaded: ${reason}`, {
      hint: 'Run "npm run setup" to fetch it again; "npm run cli -- doctor" says what is missing.',
    })
  }
}
