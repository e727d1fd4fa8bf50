import type { Fit, FitAnswer, TimedProposal } from '../../../shared/domain/fit.ts'
import type { RunConfig } from '../../../shared/domain/run-config.ts'
import type { Store } from '../store/store.ts'
import type { Inspector } from './inspector.ts'
import type { KnowsSpeed } from './machine-speed.ts'
import { estimateOf } from './preview.ts'

type FitParts = {
  readonly store: Store
  readonly inspector: Pick<Inspector, 'fit'>
  readonly machineSpeed: KnowsSpeed
}

/** What would make a run fit into `limit` bytes (null: into what is free), with the time it would take then. */
export async function fitRun(parts: FitParts, config: RunConfig, limit: number | null): Promise<FitAnswer> {
  const timed = async ({ work, tokens, ...proposal }: Fit['alone'][number]): Promise<TimedProposal> => {
    const estimate = await estimateOf(parts, { ...config, ...proposal.changes }, { work, tokens })
    return { ...proposal, seconds: estimate?.seconds ?? null }
  }
  const { alone, together, ...facts } = await parts.inspector.fit(config, limit)
  return { ...facts, alone: await Promise.all(alone.map(timed)), together: together && (await timed(together)) }
}
