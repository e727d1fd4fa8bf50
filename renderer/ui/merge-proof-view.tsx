import { Alert, SimpleGrid, Text } from '@mantine/core'
import { formatPercent } from '../../shared/domain/amounts.ts'
import type { MergeProof } from '../../shared/domain/export.ts'
import { formatCount, formatNumber } from '../format/numbers.ts'
import { FigureItem } from './figure-item.tsx'
import { Icon } from './icon.tsx'

/** Difference, as a share of the largest logit, up to which two models count as the same in float32. */
const TOLERANCE = 1e-4

/** Share of the largest logit by which the two models differ at most. */
export const relativeDifference = ({ maxAbsDifference, maxAbsLogit }: MergeProof): number =>
  maxAbsLogit === 0 ? maxAbsDifference : maxAbsDifference / maxAbsLogit

const figuresOf = (proof: MergeProof) => [
  { label: 'Largest logit difference', value: formatNumber(proof.maxAbsDifference) },
  { label: 'Of the largest logit', value: formatNumber(relativeDifference(proof)) },
  { label: 'Mean KL, nats a token', value: formatNumber(proof.meanKl) },
  { label: 'Same next token', value: formatPercent(proof.topOneAgreement) },
]

/** The figures of the comparison, and what they mean. */
export function MergeProofView({ proof }: { readonly proof: MergeProof }) {
  const same = relativeDifference(proof) <= TOLERANCE
  return (
    <Alert
      color={same ? 'teal' : 'orange'}
      variant="light"
      icon={<Icon name={same ? 'check' : 'alert'} />}
      title={same ? 'Proved: merged and adapted model agree' : 'Merged and adapted model differ'}
      data-proof={same ? 'same' : 'different'}
    >
      <Text size="sm" mb={10}>
        Both ran on {formatCount(proof.prompts)} prompts ({formatCount(proof.tokens)} tokens) after the files were read
        back. The largest of their answers differs by {formatNumber(proof.maxAbsDifference)} where the largest logit is{' '}
        {formatNumber(proof.maxAbsLogit)}, and they choose the same next token at {formatPercent(proof.topOneAgreement)}{' '}
        of all places.
        {!same &&
          ' Rounding to a short number format can explain a small difference; compare answers before you use it.'}
      </Text>
      <SimpleGrid cols={{ base: 2, xl: 4 }} spacing="sm">
        {figuresOf(proof).map((figure) => (
          <FigureItem key={figure.label} {...figure} />
        ))}
      </SimpleGrid>
    </Alert>
  )
}
