import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fault } from '../../shared/domain/error.ts'
import { reasonOf, runCommand } from './command.ts'
import { ADDON_FOLDER, type OfficialBuild } from './pins.ts'
import type { Progress } from './progress.ts'

const CONNECT_MS = 8_000

/** Where the vendor keeps both archives, from the package's own `binary` entry; the library lies on the same host. */
export function officialUrls(
  binary: { host: string; remote_path: string },
  version: string,
  build: OfficialBuild,
): { library: string; addon: string } {
  const remote = binary.remote_path.replace('{napi_build_version}', '8').replace('{version}', version)
  return {
    library: new URL(`/tensorflow/libtensorflow/${build.library}`, binary.host).href,
    addon: `${binary.host}/${remote.replace(/^\.\//, '')}${build.addon}`,
  }
}

async function request(url: string, from: number): Promise<Response> {
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), CONNECT_MS)
  try {
    return await fetch(url, { headers: from > 0 ? { range: `bytes=${from}-` } : {}, signal: stop.signal })
  } catch (thrown) {
    const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause.message : 'no answer'
    throw fault('native', `${new URL(url).pathname.split('/').at(-1)}: cannot be reached (${cause})`, {
      retryable: true,
    })
  } finally {
    clearTimeout(timer)
  }
}

/** Downloads `url` to `file`, going on where an earlier try stopped (`file.part`). */
export async function download(url: string, file: string, progress: Progress): Promise<void> {
  const part = `${file}.part`
  const have = await stat(part).then(
    (found) => found.size,
    () => 0,
  )
  const response = await request(url, have)
  const complete = response.status === 416 && have > 0
  if (!response.ok && !complete)
    throw fault('native', `${url}: answered ${response.status} ${response.statusText}`.trim())
  if (!complete && response.body) {
    const append = response.status === 206
    let done = append ? have : 0
    const total = done + Number(response.headers.get('content-length') ?? 0)
    const reader = response.body.getReader()
    const chunks = async function* () {
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        done += read.value.length
        progress(basename(file), total > 0 ? done / total : null)
        yield read.value
      }
    }
    await pipeline(chunks, createWriteStream(part, { flags: append ? 'a' : 'w' }))
  }
  await rename(part, file)
}

/** Throws and removes the file when its SHA-256 is another. */
export async function checkSha256(file: string, wanted: string): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  const got = hash.digest('hex')
  if (got === wanted) return
  await rm(file, { force: true })
  throw fault('native', `${file}: its SHA-256 is ${got}, wanted ${wanted}; it was deleted`, { retryable: true })
}

async function unpack(archive: string, target: string, strip: number): Promise<void> {
  await mkdir(target, { recursive: true })
  const result = await runCommand('tar', ['-xf', archive, '-C', target, `--strip-components=${strip}`])
  if (result.code !== 0) throw fault('native', `${archive}: cannot be unpacked: ${reasonOf(result)}`)
}

/** Fetches the vendor's library and addon into `folder` as the package expects them: `deps/lib` and `lib/napi-v8`. */
export async function fetchOfficial(
  packageFolder: string,
  build: OfficialBuild,
  folder: string,
  progress: Progress,
): Promise<void> {
  const manifest = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'))
  const urls = officialUrls(manifest.binary, manifest.version, build)
  const addon = join(folder, build.addon)
  const library = join(folder, build.library)
  await mkdir(folder, { recursive: true })
  // The small one first: when the host cannot be reached, that is known at once.
  await download(urls.addon, addon, progress)
  await download(urls.library, library, progress)
  await checkSha256(library, build.sha256)
  await unpack(library, join(folder, 'deps'), 0)
  await unpack(addon, join(folder, 'lib', ADDON_FOLDER), 1)
  if (build.library.endsWith('.zip')) {
    await copyFile(join(folder, 'deps', 'lib', 'tensorflow.dll'), join(folder, 'lib', ADDON_FOLDER, 'tensorflow.dll'))
  }
  await Promise.all([addon, library].map((file) => rm(file, { force: true })))
}
