import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fault } from '../../shared/domain/error.ts'
import { reasonOf, runCommand } from './command.ts'
import type { Wheel } from './pins.ts'
import type { Progress } from './progress.ts'

const ATTEMPTS = 3

/** pip's arguments for one wheel; `--require-hashes` makes pip refuse any other file. */
export function pipArguments(wheel: Wheel, requirements: string, folder: string): readonly string[] {
  const abi = wheel.python === 'py3' ? 'none' : wheel.python
  const python = wheel.python === 'py3' ? '3' : '3.11'
  return [
    ...['-m', 'pip', 'download', '--disable-pip-version-check', '--no-input', '--no-cache-dir', '--no-deps'],
    ...['--only-binary=:all:', '--implementation', wheel.python === 'py3' ? 'py' : 'cp', '--abi', abi],
    ...['--python-version', python, ...wheel.platforms.flatMap((platform) => ['--platform', platform])],
    ...['--require-hashes', '-r', requirements, '-d', folder],
  ]
}

const UNITS: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9 }

/** Size pip announces, "Downloading x.whl (273.8 MB)", in bytes; null when the text has none. */
export function announcedBytes(text: string): number | null {
  const match = /Downloading .*\(([\d.]+) (kB|MB|GB)\)/.exec(text)
  return match?.[1] && match[2] ? Number(match[1]) * (UNITS[match[2]] ?? 1) : null
}

async function folderBytes(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const sizes = files
    .filter((file) => file.isFile())
    .map((file) =>
      stat(join(file.parentPath, file.name)).then(
        (s) => s.size,
        () => 0,
      ),
    )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

/** pip draws no bar into a pipe; its temporary folder is ours, so its growth is the progress. */
async function download(python: string, wheel: Wheel, folder: string, progress: Progress): Promise<string | null> {
  const requirements = join(folder, 'requirements.txt')
  await writeFile(requirements, `${wheel.name}==${wheel.version} --hash=sha256:${wheel.sha256}\n`)
  let total: number | null = null
  const timer = setInterval(async () => {
    if (total) progress(`${wheel.name} ${wheel.version}`, Math.min(1, (await folderBytes(folder)) / total))
  }, 500)
  const result = await runCommand(python, pipArguments(wheel, requirements, folder), {
    env: { ...process.env, TMPDIR: folder, TMP: folder, TEMP: folder },
    onOutput: (text) => {
      total ??= announcedBytes(text)
    },
  })
  clearInterval(timer)
  return result.code === 0 ? null : reasonOf(result)
}

/** Fetches one wheel into an empty `folder` and returns its path; a broken download starts again from a clean folder. */
export async function fetchWheel(python: string, wheel: Wheel, folder: string, progress: Progress): Promise<string> {
  let reason = ''
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await sleep(2000 * attempt)
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 300 })
    await mkdir(folder, { recursive: true })
    progress(`${wheel.name} ${wheel.version}`, null)
    reason = (await download(python, wheel, folder, progress)) ?? ''
    const file = (await readdir(folder)).find((name) => name.endsWith('.whl'))
    if (!reason && file) return join(folder, file)
  }
  throw fault('native', `${wheel.name} ${wheel.version} could not be downloaded: ${reason}`, {
    hint: 'Check the network (or the index pip is set to) and run "npm run setup" again.',
    retryable: true,
  })
}

// A wheel is a zip file; Python, which fetched it, also unpacks it.
const UNPACK = `
import os, re, sys, zipfile
wheel, target, wanted = sys.argv[1], sys.argv[2], re.compile(sys.argv[3])
with zipfile.ZipFile(wheel) as archive:
    names = [name for name in archive.namelist() if wanted.match(name)]
    if not names:
        sys.exit('ERROR: nothing of the library is in ' + wheel)
    archive.extractall(target, names)
for name in names:
    if '/bin/' in name:  # zipfile forgets that a program may be run
        os.chmod(os.path.join(target, name), 0o755)
`

/** The library, the C headers the addon includes, CUDA's shared libraries and XLA's device code: nothing else is kept. */
export const WANTED =
  '(tensorflow/libtensorflow_(cc|framework)\\.|tensorflow/include/(tensorflow/c/|tensorflow/core/platform/ctstring|(xla/)?tsl/(c|platform)/)' +
  '|nvidia/[^/]+/(lib|bin|nvvm)/)'

/** Unpacks what the engine needs of a wheel into `target`. */
export async function unpackWheel(python: string, wheel: string, target: string): Promise<void> {
  const result = await runCommand(python, ['-c', UNPACK, wheel, target, WANTED])
  if (result.code !== 0) throw fault('native', `${wheel}: cannot be unpacked: ${reasonOf(result)}`, { retryable: true })
}
