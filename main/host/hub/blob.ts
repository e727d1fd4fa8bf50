import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fault, StudioError } from '../../../shared/domain/error.ts'
import type { HubFile } from '../../../shared/domain/hub.ts'
import { syncToDisk } from '../../durable.ts'
import { filePath } from './api.ts'
import { type HubAccess, type HubAnswer, hubRequest } from './request.ts'
import { type HubTarget, networkFault } from './status-fault.ts'

export type BlobOrder = {
  readonly access: HubAccess
  readonly target: HubTarget
  readonly file: HubFile
  /** Where what has come so far is kept. */
  readonly partial: string
  readonly blob: string
  readonly signal: AbortSignal
  /** Bytes of the file that are on the disk; may fall where a transfer starts over. */
  readonly onBytes: (bytes: number) => void
}

/** Transfers in a row that bring nothing. */
const MOST_BARREN = 5
/** A connection that says nothing for so long is dead. */
const SILENCE_MS = 60_000

/** SHA-256 of the content, or git's id of it as a blob: SHA-1 of `blob LENGTH\0` and the content. */
const startHash = ({ oid, bytes }: HubFile): Hash =>
  oid.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${bytes}\0`)

/** What came before, read again: the digest is of the whole. Returns how much there is. */
async function readPartial(partial: string, hash: Hash): Promise<number> {
  let bytes = 0
  try {
    for await (const part of createReadStream(partial)) {
      hash.update(part)
      bytes += part.length
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  return bytes
}

function changed({ target, file }: BlobOrder, got: string): StudioError {
  return fault('bad-file', `${target.repo}: ${file.path} is not the file that was listed (${got}).`, {
    hint: 'Something between you and the hub changed it; try again, and check mirror and proxy if it happens twice.',
    retryable: true,
  })
}

/** Where the answer's bytes belong: `have` for the rest that was asked for, 0 for the whole file; null: ask for all of it. */
function startOf(order: BlobOrder, { response, etag }: HubAnswer, have: number): number | null {
  const { bytes, oid } = order.file
  if (etag !== null && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(etag) && etag !== oid)
    throw changed(order, `its ETag is ${etag}, wanted ${oid}`)
  if (response.status === 416) return null
  if (response.status !== 206) return 0
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '')
  const fits = Number(range?.[1]) === have && (range?.[2] === '*' || Number(range?.[2]) === bytes)
  return fits ? have : null
}

/** Calls `onSilent` when `alive` was not called for a minute; `end` stops the watch. */
function watchSilence(onSilent: () => void) {
  let timer = setTimeout(onSilent, SILENCE_MS)
  return {
    alive() {
      clearTimeout(timer)
      timer = setTimeout(onSilent, SILENCE_MS)
    },
    end: () => clearTimeout(timer),
  }
}

/** Writes the body behind what is there; returns how much the file has then. A broken connection is no error here. */
async function writeBody(order: BlobOrder, body: AsyncIterable<Uint8Array>, out: FileHandle, hash: Hash, from: number) {
  const { file, signal, onBytes } = order
  let at = from
  for await (const part of body) {
    if (signal.aborted) break
    if (at + part.length > file.bytes) throw changed(order, `more than its ${file.bytes} bytes`)
    await out.write(part, 0, part.length, at)
    hash.update(part)
    at += part.length
    onBytes(at)
  }
  return at
}

type Transfer = { readonly at: number; readonly digest: string; readonly broken: unknown }

/** One try: asks for what is missing and writes it. */
async function transfer(order: BlobOrder): Promise<Transfer> {
  const { access, target, file, partial, signal } = order
  let hash = startHash(file)
  let have = await readPartial(partial, hash)
  if (have === file.bytes) return { at: have, digest: hash.digest('hex'), broken: null }
  if (have > file.bytes) have = 0
  const silent = new AbortController()
  const both = AbortSignal.any([signal, silent.signal])
  const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {}
  const options = { signal: both, target: { ...target, path: file.path }, headers, accepts: [416], patient: true }
  const answer = await hubRequest(access, filePath(target, file.path), options)
  const start = startOf(order, answer, have)
  const out = await open(partial, start === have && have > 0 ? 'r+' : 'w', 0o644)
  const watch = watchSilence(() => silent.abort())
  let at = start ?? 0
  try {
    if (start === null) await answer.response.body?.cancel()
    if (start !== have) hash = startHash(file)
    if (start === null || answer.response.body === null) return { at: 0, digest: '', broken: new Error('wrong range') }
    const body = answer.response.body
    async function* heard() {
      for await (const part of body) {
        watch.alive()
        yield part
      }
    }
    at = await writeBody(order, heard(), out, hash, start)
    return { at, digest: hash.digest('hex'), broken: null }
  } catch (error) {
    if (signal.aborted || error instanceof StudioError || isDiskError(error)) throw error
    return { at, digest: '', broken: error }
  } finally {
    watch.end()
    await out.sync().catch(() => {})
    await out.close()
  }
}

const DISK_CODES = ['ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS', 'EACCES', 'EPERM']

/** What the disk refuses, unlike what a connection breaks with. */
const isDiskError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && DISK_CODES.includes(String(error.code))

/**
 * Fetches one file to its blob. What has come is kept in the partial file and gone on with, in this call (broken
 * connections) and in later ones; the blob appears whole, checked against its id and synced. Rejects with the signal's
 * reason when it is aborted.
 */
export async function fetchBlob(order: BlobOrder): Promise<void> {
  const { access, file, partial, blob, signal } = order
  let barren = 0
  let spoilt = false
  for (let before = -1; ; ) {
    const { at, digest, broken } = await transfer(order)
    signal.throwIfAborted()
    order.onBytes(at)
    if (at === file.bytes && digest === file.oid) break
    if (at === file.bytes && digest !== '') {
      await rm(partial, { force: true })
      // Once may be an old partial file or a fault on the way; twice is no accident.
      if (spoilt) throw changed(order, `its digest is ${digest}, wanted ${file.oid}`)
      spoilt = true
    }
    barren = at > before ? 0 : barren + 1
    before = at
    if (barren >= MOST_BARREN) throw networkFault(broken ?? new Error('the transfer ends early'), access.endpoint.host)
    if (broken !== null || at < file.bytes) await pause(100 * 2 ** barren, undefined, { signal })
  }
  await rename(partial, blob)
  syncToDisk(dirname(blob))
}
