import type { CallOutput } from '../../../shared/contract.ts'
import type { ChatModel } from '../../../shared/domain/chat.ts'
import { formatDate } from '../../format/dates.ts'
import { modelName } from '../../format/numbers.ts'
import { chatModelText, parseChatModels } from '../../router/chat-models.ts'
import { methodLabel } from '../runs/run-figures.ts'

type Runs = CallOutput<'runs.list'>
type Folders = CallOutput<'models.list'>
type Option = { readonly value: string; readonly label: string }

/** Runs that have, or may have, a checkpoint to talk to. */
const mayTalk = ({ status, resumable }: Runs[number]): boolean =>
  status === 'finished' || status === 'running' || status === 'stopping' || resumable

/** What one can talk to, in groups; the chosen ones are offered whatever has become of them. */
export function modelOptions(runs: Runs, folders: Folders, chosen: readonly ChatModel[]) {
  const newest = [...runs].sort((a, b) => b.createdAt - a.createdAt)
  const tuned = newest
    .filter((run) => mayTalk(run) || chosen.some((one) => one.kind === 'tuned' && one.runId === run.id))
    .map((run) => ({
      value: chatModelText({ kind: 'tuned', runId: run.id, step: null }),
      label: `${run.name} · ${methodLabel(run.method)} · ${formatDate(run.createdAt)}`,
    }))
  const withRuns = new Set(
    chosen.flatMap((one) => (one.kind === 'folder' || one.kind === 'adapter' ? [] : [one.runId])),
  )
  const bases = newest
    .filter(({ id }) => withRuns.has(id))
    .map((run) => ({
      value: chatModelText({ kind: 'base', runId: run.id }),
      label: `Base of ${run.name}: ${modelName(run.model)}`,
    }))
  const paths = folders.filter(({ exists }) => exists).map(({ path }) => path)
  const places = paths.map((folder) => ({ value: chatModelText({ kind: 'folder', folder }), label: modelName(folder) }))
  const groups = { tuned, bases, places }
  const offered = new Set(Object.values(groups).flatMap((options) => options.map(({ value }) => value)))
  return { ...groups, others: othersOf(chosen, runs, offered) }
}

function othersOf(chosen: readonly ChatModel[], runs: Runs, offered: ReadonlySet<string>): Option[] {
  const nameOf = (runId: string) => runs.find(({ id }) => id === runId)?.name ?? runId
  return chosen.flatMap((model) => {
    const value = chatModelText(model)
    if (offered.has(value)) return []
    if (model.kind === 'folder') return [{ value, label: modelName(model.folder) }]
    if (model.kind === 'adapter') return [{ value, label: `${modelName(model.adapter)} on ${modelName(model.base)}` }]
    if (model.kind === 'base') return [{ value, label: `Base of ${nameOf(model.runId)}` }]
    return [{ value, label: `${nameOf(model.runId)}${model.step === null ? '' : ` at step ${model.step}`}` }]
  })
}

/** A first run brings its base along: the difference is what one wants to see. */
export function chosenModels(before: readonly ChatModel[], texts: readonly string[]): ChatModel[] {
  const models = parseChatModels(texts)
  const [only] = models
  if (before.length > 0 || models.length !== 1 || only?.kind !== 'tuned') return models
  return [{ kind: 'base', runId: only.runId }, only]
}
