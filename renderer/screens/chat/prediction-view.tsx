import { Box, Group, Text } from '@mantine/core'
import { formatPercent } from '../../../shared/domain/amounts.ts'
import type { Prediction } from '../../../shared/domain/chat.ts'
import { formatNumber } from '../../format/numbers.ts'

const SHOWN = 10
/** A rest below this is rounding, not something else that would be said. */
const LEAST_REST = 0.005

type Row = { readonly label: string; readonly probability: number; readonly rest?: true }

/** The likeliest labels; of exclusive ones also what is left for anything else. */
function rowsOf({ scores, exclusive }: Extract<Prediction, { kind: 'labels' }>): readonly Row[] {
  const shown = scores.slice(0, SHOWN)
  const rest = 1 - shown.reduce((sum, { probability }) => sum + probability, 0)
  if (!exclusive || rest < LEAST_REST) return shown
  const label = scores.length > SHOWN ? 'other labels or texts' : 'anything else'
  return [...shown, { label, probability: rest, rest: true }]
}

const Bar = ({ label, probability, rest }: Row) => (
  <Group gap={8} wrap="nowrap" className="prediction-row" data-label={label}>
    <Text size="xs" truncate title={label} c={rest ? 'dimmed' : undefined} className="prediction-label">
      {label}
    </Text>
    <Box className="prediction-track" aria-hidden="true">
      <Box
        className="prediction-bar"
        data-rest={rest}
        style={{ width: `${Math.max(0.5, 100 * Math.min(1, probability))}%` }}
      />
    </Box>
    <Text size="xs" className="numbers" ta="right" w={48} style={{ flex: 'none' }}>
      {formatPercent(probability)}
    </Text>
  </Group>
)

/** What a model makes of a text: a bar for each label, or the number of a regression. */
export function PredictionView({ prediction }: { readonly prediction: Prediction }) {
  if (prediction.kind === 'value') {
    return (
      <Text className="numbers" fz={22} fw={600}>
        {formatNumber(prediction.value, 5)}
      </Text>
    )
  }
  return (
    <Box role="group" aria-label="Probability of each label" mt={6}>
      {rowsOf(prediction).map((row) => (
        <Bar key={row.label} {...row} />
      ))}
    </Box>
  )
}
