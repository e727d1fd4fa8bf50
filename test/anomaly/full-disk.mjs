// Preloaded into a studio: what the engine writes to a file whose path holds DORA_TEST_FULL goes to /dev/full, where the
// kernel itself answers every write with ENOSPC.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const full = process.env.DORA_TEST_FULL
const { openSync } = fs

if (full && process.argv[1]?.endsWith('engine.mjs')) {
  fs.openSync = (path, flags, mode) =>
    flags === 'w' && String(path).includes(full) ? openSync('/dev/full', 'w') : openSync(path, flags, mode)
  syncBuiltinESMExports()
}
