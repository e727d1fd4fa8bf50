import { Alert, SimpleGrid, Text } from '@mantine/core'
import { formatPercent } from '../../shared/domain/amounts.ts'
import {
  type GgufDtype,
  isWithinBounds,
  MERGE_BOUNDS,
  type MergeProof,
  relativeDifference,
} from '../../shared/domain/export.ts'
import { formatCount, formatNumber } from '../format/numbers.ts'
import { FigureItem } from './figure-item.tsx'
import { Icon } from './icon.tsx'

const figuresOf = (proof: MergeProof) => [
  { label: 'Largest logit difference', value: formatNumber(proof.maxAbsDifference) },
  { label: 'Of the largest logit', value: formatNumber(relativeDifference(proof.maxAbsDifference, proof)) },
  { label: 'Mean KL, nats a token', value: formatNumber(proof.meanKl) },
  { label: 'Same next token', value: formatPercent(proof.topOneAgreement) },
]

/** What the largest difference is, and may be, for weights in a dtype. */
function differenceText(proof: MergeProof, difference: number, dtype: GgufDtype): string {
  const bound = MERGE_BOUNDS[dtype] * proof.maxAbsLogit
  return `${formatNumber(difference)} (bound: ${formatNumber(bound)})`
}

function comparedText(proof: MergeProof): string {
  const { dtype, maxAbsDifference, unrounded } = proof
  const merged = `Merged in float32, the largest difference of two logits is ${differenceText(proof, unrounded ?? maxAbsDifference, 'float32')}`
  if (unrounded === null) return `${merged}.`
  return `${merged}; rounded to ${dtype}, as it is written, ${differenceText(proof, maxAbsDifference, dtype)}.`
}

/** The figures of the comparison, and what they mean. */
export function MergeProofView({ proof }: { readonly proof: MergeProof }) {
  const same = isWithinBounds(proof)
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
        back. {comparedText(proof)} The largest logit is {formatNumber(proof.maxAbsLogit)}, and they choose the same
        next token at {formatPercent(proof.topOneAgreement)} of all places.
        {!same && ' That is more than rounding explains in most models; compare answers before you use it.'}
      </Text>
      <SimpleGrid cols={{ base: 2, xl: 4 }} spacing="sm">
        {figuresOf(proof).map((figure) => (
          <FigureItem key={figure.label} {...figure} />
        ))}
      </SimpleGrid>
    </Alert>
  )
}
