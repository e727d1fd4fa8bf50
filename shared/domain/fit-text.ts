import { formatCount } from './amounts.ts'
import type { FitChanges, ProposalKind, TimedProposal } from './fit.ts'
import { METHODS } from './method.ts'
import type { RunConfig } from './run-config.ts'

type Words = (changes: FitChanges, config: RunConfig) => string

/** What each proposal does, in a few words. */
const WORDS: Readonly<Record<ProposalKind, Words>> = {
  batch: ({ per_device_train_batch_size: batch, gradient_accumulation_steps: accumulation }) =>
    `batch size ${batch}, accumulation ${accumulation}`,
  checkpointing: () => 'gradient checkpointing',
  'eval-batch': ({ per_device_eval_batch_size: batch }) => `evaluation batch size ${batch}`,
  bfloat16: () => 'base held in bfloat16',
  int8: (_, { method }) => `base held in 8 bits (Q${METHODS[method].label})`,
  nf4: (_, { method }) => `base held in 4 bits (NF4, Q${METHODS[method].label})`,
  length: ({ max_seq_length: length }) => `samples of at most ${length} tokens`,
  rank: ({ r }) => `rank ${r}`,
}

/** A proposal as a sentence without its full stop; of two ways to hold the base the later one counts. */
export function proposalText({ kinds, changes }: Pick<TimedProposal, 'kinds' | 'changes'>, config: RunConfig): string {
  const shown = kinds.filter((kind) => kind !== 'int8' || changes.quantization === 'int8')
  const text = shown.map((kind) => WORDS[kind](changes, config)).join(', ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`
}

/** What is lost with a proposal beyond time; '' where nothing is. */
export const proposalLoss = ({ cutRows }: Pick<TimedProposal, 'cutRows'>): string =>
  cutRows === 0 ? '' : `cuts ${formatCount(cutRows)} ${cutRows === 1 ? 'sample' : 'samples'}`
