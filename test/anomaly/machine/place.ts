import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'

/** A namespace of mounts of its own: of root, or of a user where the system allows that. */
const NAMESPACE = ['unshare', '-rm'] as const
/** Nobody is refused a file as root unless root gives that up. */
const NO_OVERRIDE = ['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] as const

/** Whether this machine lets a process mount a disk for itself. */
export const canMount =
  spawnSync(NAMESPACE[0], [NAMESPACE[1], 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()], { stdio: 'ignore' }).status === 0
if (!canMount)
  console.warn(
    'NO MOUNTS HERE (unshare -rm): no small disks; full ones are made by a limit on the size of files instead.',
  )

/** Starts a command with a small disk of its own at a folder, gone with it: `[...onSmallDisk('60k', folder), …]`. */
export const onSmallDisk = (size: string, folder: string): readonly string[] => [
  ...[...NAMESPACE, 'sh', '-c', 'mount -t tmpfs -o size="$0" tmpfs "$1" && shift && exec "$@"'],
  ...[size, folder],
]

/** Starts a command as one whom the system refuses what is not his. */
export const asUser: readonly string[] = process.getuid?.() === 0 ? NO_OVERRIDE : []

/** Where a studio lives whose disk can be filled, and which has to ask for access. */
export type Place = {
  /** Whether its folder is a disk of its own. */
  readonly ownDisk: boolean
  /** Command that starts a process there. */
  readonly wrap: readonly string[]
  /** The path by which a file there can be reached from here. */
  readonly seen: (path: string) => string
  readonly leave: () => void
}

const started = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve, reject) => {
    child.stdout?.once('data', resolve)
    child.once('exit', (code) => reject(new Error(`The disk could not be mounted (exit code ${code}).`)))
  })

/**
 * A disk of `size` at a folder, which stays while hosts come and go. Where the machine lets nobody mount, the folder is
 * an ordinary one.
 */
export async function openPlace(folder: string, size: string): Promise<Place> {
  if (!canMount) return { ownDisk: false, wrap: asUser, seen: (path) => path, leave: () => undefined }
  const keeper = spawn(onSmallDisk(size, folder)[0] ?? '', [
    ...onSmallDisk(size, folder).slice(1),
    ...['sh', '-c', 'echo mounted; exec sleep 3600'],
  ])
  await started(keeper)
  const enter = ['nsenter', '-t', String(keeper.pid), '-U', '-m', '--preserve-credentials']
  return {
    ownDisk: true,
    wrap: [...enter, ...NO_OVERRIDE],
    seen: (path) => `/proc/${keeper.pid}/root${path}`,
    leave: () => void keeper.kill('SIGKILL'),
  }
}
