import { z } from 'zod'
import { studioErrorSchema } from './error.ts'

export const HUB_KINDS = ['model', 'dataset'] as const
export const hubKindSchema = z.enum(HUB_KINDS)
export type HubKind = z.infer<typeof hubKindSchema>

/** The branch that is meant where none is named. */
export const DEFAULT_REVISION = 'main'

/** The rules of huggingface_hub: `name` or `org/name`, letters, digits, `-`, `_`, `.`, each part at most 96 long. */
const PART = '[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?'
const REPO = new RegExp(`^(?:${PART}/)?${PART}$`)
const COMMIT = /^[0-9a-f]{40}$/
const REVISION = /^[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}$/

export const isHubRepo = (text: string): boolean =>
  REPO.test(text) && !text.includes('--') && !text.includes('..') && !text.endsWith('.git')
/** What a setting may name instead of a folder: `org/name`. A bare `name`, as a few old models have, is taken for a path there. */
export const isHubName = (text: string): boolean => text.includes('/') && isHubRepo(text)
export const isCommit = (revision: string): boolean => COMMIT.test(revision)
export const isHubRevision = (text: string): boolean => REVISION.test(text) && !text.includes('..')

/** A repository, and the revision that was named with it. */
export type HubName = { readonly kind: HubKind; readonly repo: string; readonly revision: string | null }

const ADDRESS = /^(?:https?:\/\/([^/?#]+)\/|hf:\/\/)(.*)$/
/** Hosts whose addresses are taken for the hub's, beside that of the endpoint in use. */
const HUB_HOSTS: readonly string[] = ['huggingface.co', 'www.huggingface.co', 'hf.co']

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** `a/b`, `a/b/tree/v1`, `datasets/a/b/blob/main/x.csv`: what follows the host in an address of the hub. */
function nameOfPath(path: string, kind: HubKind): HubName | null {
  const parts = decoded(path.replace(/[?#].*$/, ''))
    .split('/')
    .filter(Boolean)
  const isData = parts[0] === 'datasets'
  const rest = isData || parts[0] === 'models' ? parts.slice(1) : parts
  const at = rest.findIndex((part, i) => i > 0 && ['tree', 'blob', 'resolve', 'raw', 'commit'].includes(part))
  const repo = (at < 0 ? rest : rest.slice(0, at)).join('/')
  // A pull request is a revision of three parts, `refs/pr/1`, which addresses write encoded.
  const after = at < 0 ? [] : rest.slice(at + 1)
  const revision = after[0] === 'refs' ? after.slice(0, 3).join('/') : (after[0] ?? null)
  return isHubRepo(repo) ? { kind: isData ? 'dataset' : kind, repo, revision } : null
}

/**
 * What a user typed or pasted: `org/name`, an address of the hub (or of `endpointHost`), or `hf://…`. `kind`: what is
 * meant where the text does not say. Null where it names no repository.
 */
export function parseHubName(text: string, kind: HubKind, endpointHost?: string): HubName | null {
  const trimmed = text.trim().replace(/\/+$/, '')
  const address = ADDRESS.exec(trimmed)
  if (!address) return isHubRepo(trimmed) ? { kind, repo: trimmed, revision: null } : null
  const [, host, path = ''] = address
  const known = host === undefined || host === endpointHost || HUB_HOSTS.includes(host.toLowerCase())
  return known ? nameOfPath(path, kind) : null
}

const SNAPSHOT = /(?:^|[\\/])(models|datasets)--([^\\/]+)[\\/]snapshots[\\/]([0-9a-f]{40})(?:[\\/]|$)/

/** The repository and commit a path in the hub's cache belongs to; null for any other path. */
export function hubPlace(path: string): { kind: HubKind; repo: string; commit: string } | null {
  const [, kind, name, commit] = SNAPSHOT.exec(path) ?? []
  if (kind === undefined || name === undefined || commit === undefined) return null
  return { kind: kind === 'models' ? 'model' : 'dataset', repo: name.replace('--', '/'), commit }
}

/** A file of a repository. `oid`: SHA-256 of a large file, else its git blob id (SHA-1); the length tells which. */
export const hubFileSchema = z.object({
  path: z.string().min(1).max(1024),
  bytes: z.number().int().min(0),
  oid: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/),
})
export type HubFile = z.infer<typeof hubFileSchema>

/** Whom the owner lets in: anybody, anybody who agrees to the terms, or those who were approved one by one. */
export const hubGateSchema = z.enum(['no', 'auto', 'manual'])

/** What is known of a repository before anything of it is fetched. */
export const hubFactsSchema = z.object({
  kind: hubKindSchema,
  repo: z.string(),
  revision: z.string(),
  /** The revision's commit at this moment; what is downloaded is pinned to it. */
  commit: z.string(),
  /** Its page, for reading the card and agreeing to terms. */
  page: z.string(),
  license: z.string().nullable(),
  gated: hubGateSchema,
  private: z.boolean(),
  /** `model_type`, as the hub read it from config.json. */
  modelType: z.string().nullable(),
  /** Those the studio reads. `present`: on this machine already. */
  files: z.array(hubFileSchema.extend({ present: z.boolean() })),
  /** The listing was longer than is read; files further on are not offered. */
  cut: z.boolean(),
  /** Why it cannot be used; null: it can. */
  problem: studioErrorSchema.nullable(),
  /** Folder of the model where all of it is on this machine; always null for data. */
  folder: z.string().nullable(),
  /** Free bytes where it would go; null where the system does not tell. */
  freeBytes: z.number().nullable(),
})
export type HubFacts = z.infer<typeof hubFactsSchema>

/** `interrupted`: the studio left while it was at work. All but the running and the finished ones can go on. */
export const DOWNLOAD_STATUSES = ['queued', 'downloading', 'paused', 'interrupted', 'failed', 'finished'] as const
export const downloadStatusSchema = z.enum(DOWNLOAD_STATUSES)
export type DownloadStatus = z.infer<typeof downloadStatusSchema>
export const isAtWork = (status: DownloadStatus): boolean => status === 'queued' || status === 'downloading'

export const downloadSchema = z.object({
  id: z.string(),
  kind: hubKindSchema,
  repo: z.string(),
  revision: z.string(),
  commit: z.string(),
  page: z.string(),
  files: z.array(hubFileSchema),
  status: downloadStatusSchema,
  /** Of all files together, what was there before included. */
  bytes: z.number(),
  receivedBytes: z.number(),
  /** Over the last seconds; null while nothing is known or nothing moves. */
  bytesPerSecond: z.number().nullable(),
  /** The file being fetched, or what else is done. */
  phase: z.string().nullable(),
  /** The model's folder, or the data files; empty until it is finished. */
  paths: z.array(z.string()),
  createdAt: z.number(),
  error: studioErrorSchema.nullable(),
})
export type Download = z.infer<typeof downloadSchema>

/** `paths`: data files to fetch; for a model all that the studio reads. */
export const downloadOrderSchema = z.object({
  kind: hubKindSchema,
  repo: z.string().trim().min(1).max(2048),
  revision: z.string().trim().max(200).nullable(),
  paths: z.array(z.string().max(1024)).max(200).default([]),
})
export type DownloadOrder = z.output<typeof downloadOrderSchema>

/** Where the hub's token comes from; the token itself is in no message to a front. */
export const hubTokenSchema = z.object({
  source: z.enum(['none', 'system', 'session', 'environment', 'file']),
  /** Why a token that is there is not used, or what to know about the one that is. */
  note: z.string().nullable(),
  /** Host it is sent to. */
  host: z.string(),
})
export type HubTokenStatus = z.infer<typeof hubTokenSchema>
