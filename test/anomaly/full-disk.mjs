// Preloaded into a studio: what the engine writes to a file whose path holds DORA_TEST_FULL (or one of several, with commas
// between) goes to /dev/full, where the kernel itself answers every write with ENOSPC. DORA_TEST_FULL_WHILE names a file:
// the disk is full only while it is there.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const full = process.env.DORA_TEST_FULL?.split(',')
const wanted = process.env.DORA_TEST_FULL_WHILE
const { openSync, existsSync } = fs
const isFull = (path) => full.some((part) => String(path).includes(part)) && (!wanted || existsSync(wanted))

if (full && process.argv[1]?.endsWith('engine.mjs')) {
  fs.openSync = (path, flags, mode) =>
    flags === 'w' && isFull(path) ? openSync('/dev/full', 'w') : openSync(path, flags, mode)
  syncBuiltinESMExports()
}
