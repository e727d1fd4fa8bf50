import type { FitChanges } from '../../../../shared/domain/fit.ts'
import type { RunConfig } from '../../../../shared/domain/run-config.ts'
import { type FitFacts, halves } from './proposal.ts'

/** Shares of samples that a shorter length may cut: few enough that hardly anything is lost. */
const FEW = [0.002, 0.005, 0.01, 0.02]
const LEAST = 8
/** Batches are this many positions wide, or a multiple. */
const STEP = 8

/** Shorter values of max_seq_length that cut few samples; none where that would save nothing. */
export function lengthSteps(config: RunConfig, { lengths, maxPositions }: FitFacts): FitChanges[] {
  const most = config.packing ? Math.min(config.max_seq_length, maxPositions) : (lengths.at(-1) ?? 0)
  const shortest = cuttingAtMost(lengths, FEW.at(-1) as number)
  // Packed rows are as wide as the limit, whatever the samples are.
  const wanted = config.packing
    ? halves(most, LEAST).filter((length) => length >= shortest)
    : FEW.map((share) => cuttingAtMost(lengths, share))
  return [...new Set(wanted)].filter((length) => length < most).map((length) => ({ max_seq_length: length }))
}

/** The shortest length, in whole steps, that cuts at most a share of the samples. */
function cuttingAtMost(lengths: readonly number[], share: number): number {
  const last = lengths[lengths.length - 1 - Math.floor(share * lengths.length)] ?? 0
  return Math.max(LEAST, STEP * Math.ceil(last / STEP))
}
