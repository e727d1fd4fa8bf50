import { z } from 'zod'
import { fault } from '../../../shared/domain/error.ts'
import { type HubFile, type HubKind, hubFileSchema, isCommit } from '../../../shared/domain/hub.ts'
import { type HubAccess, hubRequest, readJson } from './request.ts'
import type { HubTarget } from './status-fault.ts'

const MOST_BYTES = 32 * 1024 * 1024
/** A page holds up to 1,000 entries. */
const MOST_PAGES = 10

const text = z.string().max(200)
const infoSchema = z.object({
  sha: z.string().refine(isCommit),
  private: z.boolean().default(false),
  gated: z.union([z.literal(false), z.enum(['auto', 'manual'])]).default(false),
  cardData: z
    .object({ license: z.union([text, z.array(text)]).nullish(), license_name: text.nullish() })
    .nullish()
    .catch(null),
  config: z.object({ model_type: text.nullish() }).nullish().catch(null),
})

const entrySchema = z.object({
  type: z.string(),
  path: z.string().max(1024),
  size: z.number().int().min(0).default(0),
  oid: z.string().default(''),
  lfs: z.object({ oid: z.string(), size: z.number().int().min(0) }).nullish(),
})

export type RepoInfo = {
  readonly commit: string
  readonly private: boolean
  readonly gated: 'no' | 'auto' | 'manual'
  readonly license: string | null
  readonly modelType: string | null
}

const COLLECTIONS = { model: 'models', dataset: 'datasets' } as const satisfies Record<HubKind, string>
const inPath = (path: string): string => path.split('/').map(encodeURIComponent).join('/')

/** Address of a repository's page, relative to the endpoint. */
export const pagePath = (kind: HubKind, repo: string): string =>
  `${kind === 'dataset' ? 'datasets/' : ''}${inPath(repo)}`

/** Address of a file of a commit. */
export const filePath = ({ kind, repo, revision }: HubTarget, path: string): string =>
  `${pagePath(kind, repo)}/resolve/${encodeURIComponent(revision)}/${inPath(path)}`

const apiPath = ({ kind, repo }: HubTarget): string => `api/${COLLECTIONS[kind]}/${inPath(repo)}`

function notTheHub(access: HubAccess, what: string): never {
  throw fault('network', `${access.endpoint.host} does not answer as the hub does: ${what}.`, {
    hint: 'Check HF_ENDPOINT; a mirror must speak the API of huggingface.co.',
  })
}

function licenseOf({ cardData }: z.output<typeof infoSchema>): string | null {
  const license = [cardData?.license ?? []].flat().join(', ')
  return license === 'other' ? (cardData?.license_name ?? license) : license || null
}

/** Commit, licence and access of a repository at a revision. */
export async function repoInfo(access: HubAccess, target: HubTarget, signal: AbortSignal): Promise<RepoInfo> {
  const path = `${apiPath(target)}/revision/${encodeURIComponent(target.revision)}`
  const answer = await hubRequest(access, path, { signal, target })
  const parsed = infoSchema.safeParse(await readJson(answer, access.endpoint.host, MOST_BYTES))
  if (!parsed.success)
    notTheHub(access, `"${parsed.error.issues[0]?.path.join('.')}" of the repository is not as it should be`)
  const { sha, private: isPrivate, gated, config } = parsed.data
  return {
    commit: sha,
    private: isPrivate,
    gated: gated === false ? 'no' : gated,
    license: licenseOf(parsed.data),
    modelType: config?.model_type ?? null,
  }
}

/** A path that stays in its folder; the listing comes from strangers. */
const isSafe = (path: string): boolean =>
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !/[\\:\0]/.test(part))

function fileOf(entry: z.output<typeof entrySchema>): HubFile | null {
  if (entry.type !== 'file' || !isSafe(entry.path)) return null
  const { oid, size } = entry.lfs ?? entry
  return hubFileSchema.safeParse({ path: entry.path, bytes: size, oid }).data ?? null
}

/** The address of the next page, from the Link header; null on the last. */
function nextPage(response: Response, access: HubAccess): string | null {
  const link = /<([^>]+)>\s*;\s*rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
  const url = link === undefined ? null : URL.parse(link, access.endpoint)
  return url?.origin === access.endpoint.origin ? url.href : null
}

/** The files of a commit; `deep`: those in folders too. `cut`: there were more than are read. */
export async function listFiles(
  access: HubAccess,
  target: HubTarget,
  deep: boolean,
  signal: AbortSignal,
): Promise<{ files: HubFile[]; cut: boolean }> {
  const files: HubFile[] = []
  let path: string | null =
    `${apiPath(target)}/tree/${encodeURIComponent(target.revision)}?recursive=${deep}&expand=false`
  for (let page = 0; path !== null && page < MOST_PAGES; page++) {
    const answer = await hubRequest(access, path, { signal, target })
    const parsed = z.array(entrySchema).safeParse(await readJson(answer, access.endpoint.host, MOST_BYTES))
    if (!parsed.success) notTheHub(access, 'its list of files is not as it should be')
    files.push(...parsed.data.map(fileOf).filter((file) => file !== null))
    path = nextPage(answer.response, access)
  }
  return { files, cut: path !== null }
}
