import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** A machine whose power can be cut: unsynced writes, names and renames are then gone. Linux, and a C compiler. */
export type PowerCut = {
  /** For the processes whose syncs are to be kept. */
  readonly env: Readonly<Record<string, string>>
  /** Puts a folder back to what its syncs have made sure of. No process may be writing in it. */
  readonly apply: (folder: string) => void
}

function keyOf(path: string): string {
  const { ino, birthtimeNs } = statSync(path, { bigint: true })
  return `${ino}-${birthtimeNs / 1_000_000_000n}-${birthtimeNs % 1_000_000_000n}`
}

/** Writes what is durable of a folder that is durable itself. */
function restore(mirror: string, key: string, to: string): void {
  mkdirSync(to)
  const list = join(mirror, key)
  if (!existsSync(list)) return
  for (const line of readFileSync(list, 'utf8').split('\n').filter(Boolean)) {
    const [child = '', kind, ...rest] = line.split(' ')
    const path = join(to, rest.join(' '))
    if (kind === 'd') restore(mirror, child, path)
    // A name whose contents were never synced: the file is there, and empty.
    else if (existsSync(join(mirror, child))) copyFileSync(join(mirror, child), path)
    else writeFileSync(path, '')
  }
}

/** Takes a folder for durable as it is: what has outlived one power cut outlives the next. */
function keepAll(mirror: string, folder: string): void {
  const entries = readdirSync(folder, { withFileTypes: true })
  const lines = entries.map((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) keepAll(mirror, path)
    else copyFileSync(path, join(mirror, keyOf(path)))
    return `${keyOf(path)} ${entry.isDirectory() ? 'd' : 'f'} ${entry.name}\n`
  })
  writeFileSync(join(mirror, keyOf(folder)), lines.join(''))
}

/** Compiles the library that watches over syncs into `place`. */
export function preparePowerCut(place: string): PowerCut {
  const [mirror, library] = [join(place, 'mirror'), join(place, 'durable.so')]
  mkdirSync(mirror, { recursive: true })
  const source = join(import.meta.dirname, 'durable.c')
  execFileSync('cc', ['-O2', '-shared', '-fPIC', '-o', library, source, '-ldl'], { stdio: 'inherit' })
  return {
    env: { LD_PRELOAD: library, DURABLE_MIRROR: mirror },
    apply: (folder) => {
      const before = `${folder}.before-the-cut`
      const key = keyOf(folder)
      renameSync(folder, before)
      restore(mirror, key, folder)
      rmSync(before, { recursive: true, force: true })
      rmSync(mirror, { recursive: true })
      mkdirSync(mirror)
      keepAll(mirror, folder)
    },
  }
}
