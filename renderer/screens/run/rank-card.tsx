import { Anchor, Box, Button, Skeleton, Stack, Table, Text } from '@mantine/core'
import { useState } from 'react'
import { formatPercent } from '../../../shared/domain/amounts.ts'
import { METHODS } from '../../../shared/domain/method.ts'
import {
  isRanked,
  type ModuleRank,
  type RankFacts,
  rankAdvice,
  rankAdviceText,
  stillText,
} from '../../../shared/domain/rank.ts'
import type { RunDetail } from '../../../shared/domain/run.ts'
import { useCall } from '../../api/studio.tsx'
import { formatNumber } from '../../format/numbers.ts'
import { hrefOf } from '../../router/route.ts'
import { Card } from '../../ui/card.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Icon } from '../../ui/icon.tsx'
import { KeptEnergy } from './kept-energy.tsx'

const TITLE = 'Rank'
/** Modules that are listed at first. */
const SHOWN = 12

const HEADS = [
  ['Effective rank', 'exp of the entropy of the singular values (Roy and Vetterli, 2007)'],
  ['90 %', 'Least rank that keeps 90 % of the energy'],
  ['99 %', 'Least rank that keeps 99 % of the energy'],
  ['Moved', 'Norm of the change as a share of that of the weight'],
] as const

const Row = ({ rank: { module, effective, most, nearlyAll, directions, moved } }: { readonly rank: ModuleRank }) => (
  <Table.Tr>
    <Table.Th fw={400} scope="row" style={{ overflowWrap: 'anywhere' }}>
      {module}
    </Table.Th>
    <Table.Td ta="right">{`${formatNumber(effective, 3)} of ${directions}`}</Table.Td>
    <Table.Td ta="right">{most}</Table.Td>
    <Table.Td ta="right">{nearlyAll}</Table.Td>
    <Table.Td ta="right">{formatPercent(moved)}</Table.Td>
  </Table.Tr>
)

function Modules({ modules }: Pick<RankFacts, 'modules'>) {
  const [all, setAll] = useState(false)
  const listed = [...modules].sort((a, b) => b.effective - a.effective).slice(0, all ? modules.length : SHOWN)
  return (
    <Box>
      <Table verticalSpacing={4} horizontalSpacing={8} className="numbers">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Module</Table.Th>
            {HEADS.map(([head, about]) => (
              <Table.Th key={head} ta="right" title={about}>
                {head}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {listed.map((rank) => (
            <Row key={rank.module} rank={rank} />
          ))}
        </Table.Tbody>
      </Table>
      {modules.length > SHOWN && (
        <Anchor component="button" type="button" size="sm" mt={8} onClick={() => setAll(!all)}>
          {all ? 'Show fewer' : `Show all ${modules.length} modules`}
        </Anchor>
      )}
    </Box>
  )
}

/** The form of a new run with everything of this one and the rank that is advised; nothing where none is. */
function NextRun({ facts, runId }: FactsProps) {
  const advice = rankAdvice(facts)
  if (advice.kind !== 'lower' && advice.kind !== 'higher') return null
  const { r, alpha } = advice
  return (
    <Button
      size="xs"
      w="max-content"
      component="a"
      href={hrefOf({ screen: 'new-run', from: runId, rank: { r, alpha } })}
      leftSection={<Icon name="plus" size={15} />}
    >
      {`New run with r = ${r}`}
    </Button>
  )
}

type FactsProps = { readonly facts: RankFacts; readonly runId: string }

function Facts({ facts, runId }: FactsProps) {
  const still = stillText(facts)
  return (
    <Stack gap={14}>
      <Text>{rankAdviceText(facts)}</Text>
      <NextRun facts={facts} runId={runId} />
      {still && <Text size="sm">{still}</Text>}
      <Box className="rank-parts">
        <KeptEnergy kept={facts.kept} />
        <Modules modules={facts.modules} />
      </Box>
      <Text size="xs" c="dimmed">
        Of the change sBA of each weight, at the best checkpoint, else the newest. Energy is the squared norm, and no
        promise of accuracy: a run with the rank that is advised has the last word.
      </Text>
    </Stack>
  )
}

function Asked({ runId }: { readonly runId: string }) {
  const { data: facts, error, refetch } = useCall('runs.rank', { runId }, { anew: true })
  if (error) return <ErrorAlert title="The rank could not be judged" error={error} onRetry={() => void refetch()} />
  if (facts === undefined) return <Skeleton h={260} radius="md" role="status" aria-label="Looking at the adapter" />
  return <Facts facts={facts} runId={runId} />
}

/** How many of its directions the adapter uses, and what rank to choose for the next run. */
export const RankCard = ({ run }: { readonly run: RunDetail }) => (
  <Card title={TITLE}>
    {!isRanked(run.config.method) ? (
      <Text c="dimmed">{`${METHODS[run.config.method].label} has no rank of its own: LoRA and DoRA have.`}</Text>
    ) : run.checkpoints.length === 0 ? (
      <Text c="dimmed">Judged from a checkpoint, and none has been written yet.</Text>
    ) : (
      <Asked key={run.checkpoints.length} runId={run.id} />
    )}
  </Card>
)
