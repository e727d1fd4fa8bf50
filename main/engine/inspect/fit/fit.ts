import { type Fit, type FitChanges, PROPOSAL_KINDS } from '../../../../shared/domain/fit.ts'
import type { RunConfig } from '../../../../shared/domain/run-config.ts'
import { type MemoryParts, type RunWork, wholeMemory } from '../../../../shared/domain/run-preview.ts'
import { inputLength } from '../../data/assemble.ts'
import { arrangeData, type RunSamples, readSamples } from '../../data/load-data.ts'
import type { LinearSpec, Model } from '../../models/model.ts'
import { plannedLength } from '../../train/prepare.ts'
import { targetLinears } from '../../train/targets.ts'
import { openTask } from '../../train/task.ts'
import { memoryByPart, programOf, workOfRun } from '../outlook.ts'
import type { FitFacts, Proposal } from './proposal.ts'
import { PROPOSALS } from './proposals.ts'

/** What saves less than this share of the memory is not worth a change. */
const WORTH = 0.01

/** A run with changed settings, as it would be. */
type Outlook = {
  readonly config: RunConfig
  readonly changes: FitChanges
  readonly kinds: readonly Proposal['kind'][]
  readonly memory: MemoryParts
  readonly needed: number
  readonly work: { readonly training: RunWork; readonly besides: RunWork }
  readonly tokens: number
  readonly truncated: number
}
type Judge = (from: Outlook, kind: Proposal['kind'], changes: FitChanges) => Promise<Outlook | null>

/**
 * Proposals that make a run fit into `limit` bytes (null: into what is free), each worked out as a preview is, by building
 * the program that would be trained. Rejects with the fault that keeps the run itself from being worked out.
 */
export async function inspectFit(config: RunConfig, limit: number | null): Promise<Fit> {
  const { start, judge, facts } = await openRun(config)
  const most = Math.min(limit ?? Number.POSITIVE_INFINITY, process.availableMemory())
  const fits = ({ needed }: Outlook) => needed <= most
  const alone: Outlook[] = []
  for (const proposal of PROPOSALS) {
    const found = await leastThatFits(start, proposal, facts, judge, fits)
    if (found) alone.push(found)
  }
  const together = alone.some(fits) ? null : await allTogether(start, facts, judge, fits)
  const shown = (one: Outlook) => proposalOf(one, start, fits(one))
  return { limit: most, needed: start.needed, alone: alone.map(shown), together: together && shown(together) }
}

/** The least of a proposal's steps that fits, else its last; null where it has none or is not worth it. */
async function leastThatFits(
  from: Outlook,
  { kind, steps }: Proposal,
  facts: FitFacts,
  judge: Judge,
  fits: (one: Outlook) => boolean,
): Promise<Outlook | null> {
  const changes = steps(from.config, facts)
  const furthest = changes.at(-1)
  const last = furthest ? await judge(from, kind, furthest) : null
  let best = last
  // Each step needs less than the one before: where the last does not fit, none does, and the first that fits is between
  // one that does not and one that does.
  let [low, high] = [0, last && !fits(last) ? -1 : changes.length - 2]
  while (low <= high) {
    const middle = Math.floor((low + high) / 2)
    const seen = await judge(from, kind, changes[middle] as FitChanges)
    if (seen && fits(seen)) {
      best = seen
      high = middle - 1
    } else {
      if (seen && (best === null || !fits(best))) best = seen
      low = middle + 1
    }
  }
  return best && best.needed <= (1 - WORTH) * from.needed ? best : null
}

/** One change upon another until the run fits, or until there is nothing more to change. */
async function allTogether(
  start: Outlook,
  facts: FitFacts,
  judge: Judge,
  fits: (one: Outlook) => boolean,
): Promise<Outlook | null> {
  let now = start
  let before: Outlook | null = null
  // What saved nothing at first may be what the peak is about once something else is smaller.
  while (now !== before && !fits(now)) {
    before = now
    for (const proposal of PROPOSALS) {
      if (fits(now)) break
      now = (await leastThatFits(now, proposal, facts, judge, fits)) ?? now
    }
  }
  return now === start ? null : now
}

const proposalOf = (
  { kinds, changes, memory, work, tokens, truncated }: Outlook,
  start: Outlook,
  fits: boolean,
): Fit['alone'][number] => ({
  kinds: PROPOSAL_KINDS.filter((kind) => kinds.includes(kind)),
  changes,
  memory,
  fits,
  cutRows: Math.max(0, truncated - start.truncated),
  work,
  tokens,
})

/** Reads a run's files once; what its settings may become is then worked out from them. */
async function openRun(config: RunConfig): Promise<{ start: Outlook; judge: Judge; facts: FitFacts }> {
  const { model, labels } = await openTask(config)
  const targets = targetLinears(model.description, config)
  const read = new Map<number, Promise<RunSamples>>()
  const samplesOf = (settings: RunConfig) => {
    const { max_seq_length: length } = settings
    const known = read.get(length) ?? readSamples(settings, model.description, labels)
    read.set(length, known)
    return known
  }
  const look = async (settings: RunConfig, kinds: Outlook['kinds'], changes: FitChanges) =>
    outlookOf(settings, model, targets, await samplesOf(settings), { kinds, changes })
  // What cannot be built with a change is not proposed.
  const judge: Judge = (from, kind, changes) =>
    look({ ...from.config, ...changes }, [...from.kinds, kind], { ...from.changes, ...changes }).catch(() => null)
  const start = await look(config, [], {})
  return { start, judge, facts: factsOf(config, await samplesOf(config), model) }
}

function outlookOf(
  config: RunConfig,
  model: Model,
  targets: readonly LinearSpec[],
  samples: RunSamples,
  taken: Pick<Outlook, 'kinds' | 'changes'>,
): Outlook {
  const data = arrangeData(samples, config, model.description)
  const built = programOf(config, model, targets, data)
  const memory = memoryByPart(built, config)
  return {
    ...taken,
    config,
    memory,
    needed: wholeMemory(memory),
    work: workOfRun(config, data, built.program),
    tokens: data.trainTokens * plannedLength(config, data.train.stepsPerEpoch).epochs,
    truncated: data.truncatedRows,
  }
}

function factsOf(config: RunConfig, { train, validation, test }: RunSamples, model: Model): FitFacts {
  const samples = [train, validation, test].flatMap((set) => set?.samples ?? [])
  // Of a text to continue, the last token is no input.
  const last = config.task_type === 'CAUSAL_LM' ? 1 : 0
  return {
    lengths: samples.map((sample) => inputLength(sample) + last).sort((a, b) => a - b),
    maxPositions: model.description.maxPositions,
    evaluates: validation !== null || test !== null,
  }
}
