import { existsSync, statSync } from 'node:fs'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, isAbsolute } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { BUNDLE_EXTENSION, type Bundle, bundleSchema } from '../../../shared/domain/bundle.ts'
import { fault } from '../../../shared/domain/error.ts'
import { syncToDisk } from '../../durable.ts'
import { describeIssues } from './config-issues.ts'

/** Of the text inside; V8's strings end soon after. */
const MAX_BUNDLE_BYTES = 480_000_000

const [pack, unpack] = [promisify(gzip), promisify(gunzip)]

function checkPath(file: string): void {
  if (!isAbsolute(file)) throw fault('bad-config', `file: ${file} is not an absolute path.`)
  if (existsSync(file)) {
    throw fault('conflict', `${file} exists already.`, {
      hint: 'Choose another name; a bundle never overwrites a file.',
    })
  }
  if (!statSync(dirname(file), { throwIfNoEntry: false })?.isDirectory()) {
    throw fault('not-found', `${dirname(file)} is no folder that is there.`, { hint: 'Choose another folder.' })
  }
}

/** Writes a bundle whole or not at all; answers with its bytes. */
export async function writeBundle(file: string, bundle: Bundle): Promise<number> {
  checkPath(file)
  const partial = `${file}.partial-${process.pid}`
  try {
    const bytes = await pack(Buffer.from(JSON.stringify(bundle)))
    const handle = await open(partial, 'wx')
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(partial, file)
    syncToDisk(dirname(file))
    return bytes.length
  } catch (error) {
    await rm(partial, { force: true })
    // Nobody chose the temporary name.
    if (error instanceof Error) error.message = error.message.replaceAll(partial, file)
    throw error
  }
}

function notABundle(file: string, why: string) {
  return fault('bad-file', `${file} is no bundle of a run: ${why}.`, {
    hint: `Bundles are written by "Save as a bundle" and end in .${BUNDLE_EXTENSION}.`,
  })
}

async function readText(file: string): Promise<string> {
  const found = await stat(file).catch(() => null)
  if (!found?.isFile()) throw fault('not-found', `${file} does not exist, or is no file.`)
  if (found.size > MAX_BUNDLE_BYTES) throw notABundle(file, `it has ${found.size} bytes`)
  const packed = await readFile(file)
  try {
    return (await unpack(packed, { maxOutputLength: MAX_BUNDLE_BYTES })).toString('utf8')
  } catch {
    throw notABundle(file, `it is not gzipped, cut short, or larger than ${MAX_BUNDLE_BYTES} bytes`)
  }
}

/** Reads and checks a bundle: every number in it is bounded, whoever wrote it. */
export async function readBundle(file: string): Promise<Bundle> {
  let value: unknown
  try {
    value = JSON.parse(await readText(file))
  } catch (error) {
    if (error instanceof SyntaxError) throw notABundle(file, 'there is no JSON in it')
    throw error
  }
  const parsed = bundleSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const details = describeIssues(parsed.error, value)
  throw fault('bad-file', `${file}: ${details[0]}`, {
    details: details.slice(0, 20),
    hint: 'It may have been written by a newer DoRA Studio, or changed by hand.',
  })
}
