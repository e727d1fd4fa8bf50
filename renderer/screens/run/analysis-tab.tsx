import { Stack } from '@mantine/core'
import type { RunDetail } from '../../../shared/domain/run.ts'
import { PairedCard } from './paired-card.tsx'
import { RankCard } from './rank-card.tsx'

/** What can be learnt from what the run has made, beside its curves. */
export const AnalysisTab = ({ run }: { readonly run: RunDetail }) => (
  <Stack gap={14}>
    {run.checkpoints.length > 0 && (
      <PairedCard
        title="Beside its base model"
        hint="The base and what the run has made of it answer the same examples, one by one. Is it better, by how much, and may that be chance?"
        a={{ runId: run.id, base: true }}
        b={{ runId: run.id }}
        config={run.config}
      />
    )}
    <RankCard run={run} />
  </Stack>
)
