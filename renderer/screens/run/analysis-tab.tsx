import { Stack } from '@mantine/core'
import type { RunDetail } from '../../../shared/domain/run.ts'
import { RankCard } from './rank-card.tsx'

/** What can be learnt from what the run has made, beside its curves. */
export const AnalysisTab = ({ run }: { readonly run: RunDetail }) => (
  <Stack gap={14}>
    <RankCard run={run} />
  </Stack>
)
