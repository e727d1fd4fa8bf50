import { fault } from '../../../shared/domain/error.ts'
import {
  DEFAULT_REVISION,
  type HubFacts,
  type HubFile,
  type HubKind,
  type HubTokenStatus,
  isHubName,
  isHubRepo,
  isHubRevision,
  parseHubName,
} from '../../../shared/domain/hub.ts'
import { shown } from '../../../shared/domain/shown.ts'
import { listFiles, pagePath, repoInfo } from '../hub/api.ts'
import { cachedModel, hubCache, repoCache } from '../hub/cache.ts'
import { dataFiles, dataProblem, modelFiles, modelProblem } from '../hub/choose-files.ts'
import { hubEndpoint } from '../hub/endpoint.ts'
import type { HubAccess } from '../hub/request.ts'
import type { HubTarget } from '../hub/status-fault.ts'
import { createHubToken } from '../hub/token.ts'
import { freeSpace } from './free-space.ts'
import type { HostContext } from './host-context.ts'

type Environment = Readonly<Record<string, string | undefined>>
type Question = { readonly kind: HubKind; readonly repo: string; readonly revision: string | null }

/** The longest a look may take; the page waits for it. */
const LOOK_MS = 60_000
/** Files offered of a data set; some have one for each of a hundred thousand shards. */
const MOST_OFFERED = 200

export type HubService = ReturnType<typeof createHubService>

function badName({ repo, kind }: Question): never {
  throw fault('bad-config', `${shown(repo)} names no repository of the hub.`, {
    hint: `Write it as org/name, or paste the address of the ${kind === 'model' ? "model's" : "data set's"} page.`,
  })
}

/** What is on the hub, what of it is here, and the token that is shown there. The page itself never talks to the hub. */
export function createHubService(
  { bus, leaving }: Pick<HostContext, 'bus' | 'leaving'>,
  env: Environment = process.env,
) {
  const token = createHubToken(env)
  const access = (): HubAccess => ({ endpoint: hubEndpoint(env), token: token.current })
  const cache = () => hubCache(env)

  function targetOf(question: Question): HubTarget {
    const { endpoint } = access()
    const name = parseHubName(question.repo, question.kind, endpoint.host) ?? badName(question)
    const revision = question.revision?.trim() || name.revision || DEFAULT_REVISION
    if (!isHubRevision(revision))
      throw fault('bad-config', `${shown(revision)} is no revision.`, { hint: 'Give a branch, a tag or a commit.' })
    return { kind: name.kind, repo: name.repo, revision, page: new URL(pagePath(name.kind, name.repo), endpoint).href }
  }
  function tokenStatus(): HubTokenStatus {
    return { ...token.status(), host: access().endpoint.host }
  }
  function wanted(kind: HubKind, files: readonly HubFile[]): HubFile[] {
    return kind === 'model' ? modelFiles(files) : dataFiles(files).slice(0, MOST_OFFERED)
  }
  async function look(question: Question): Promise<HubFacts> {
    const target = targetOf(question)
    const { kind, repo, revision, page } = target
    const signal = AbortSignal.any([leaving, AbortSignal.timeout(LOOK_MS)])
    const info = await repoInfo(access(), target, signal)
    const { commit } = info
    // From here on the commit: a branch may move between two questions.
    const { files, cut } = await listFiles(access(), { ...target, revision: commit }, kind === 'dataset', signal)
    const here = repoCache(kind, repo, cache())
    const offered = wanted(kind, files).map((file) => ({ ...file, present: here.has(commit, file) }))
    const problem = kind === 'model' ? modelProblem(repo, files) : dataProblem(repo, files)
    const whole = problem === null && kind === 'model' && cachedModel(repo, commit, cache()) === here.snapshot(commit)
    return {
      ...info,
      kind,
      repo,
      revision,
      page,
      files: offered,
      cut: cut || (kind === 'dataset' && dataFiles(files).length > MOST_OFFERED),
      problem,
      folder: whole ? here.snapshot(commit) : null,
      freeBytes: (await freeSpace(here.folder)).freeBytes,
    }
  }
  /**
   * The folder of a model that is named as the hub names it and is whole on this machine at that revision (null: its main
   * branch); null where it is not.
   */
  const modelFolder = (repo: string, revision: string | null): string | null =>
    isHubRepo(repo) && isHubRevision(revision ?? DEFAULT_REVISION)
      ? cachedModel(repo, revision ?? DEFAULT_REVISION, cache())
      : null
  return {
    access,
    cache,
    look,
    tokenStatus,
    /** Null: forget what was given. */
    giveToken(text: string | null, source: 'system' | 'session', note: string | null): HubTokenStatus {
      token.give(text, source, note)
      const payload = tokenStatus()
      bus.emit({ event: 'hub.tokenChanged', payload })
      return payload
    },
    /** As {@link modelFolder}; other texts are paths. A name that is not on this machine is a fault with its cure. */
    located(model: string, revision: string | null): string {
      if (!isHubName(model)) return model
      const folder = modelFolder(model, revision)
      if (folder !== null) return folder
      const at = revision === null ? model : `${model} at ${revision}`
      throw fault('not-found', `${at} has not been downloaded from the hub yet; Models, "From the Hub", does it.`)
    },
    modelFolder,
  }
}
