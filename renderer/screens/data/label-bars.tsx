import { Box, Group, Stack, Text } from '@mantine/core'
import type { DataFacts } from '../../../shared/domain/data-facts.ts'
import { formatCount } from '../../format/numbers.ts'

const SHOWN = 10

/** How often each label occurs: a rare one is hard to learn. */
export function LabelBars({
  facts: { labels, labelKinds },
}: {
  readonly facts: Pick<DataFacts, 'labels' | 'labelKinds'>
}) {
  const most = labels[0]?.count ?? 1
  const rest = labelKinds - Math.min(SHOWN, labels.length)
  return (
    <Stack gap={5} role="list" aria-label="Labels">
      {labels.slice(0, SHOWN).map(({ label, count }) => (
        <Group key={label} gap={10} wrap="nowrap" role="listitem">
          <Text size="sm" truncate w={150} title={label} style={{ flex: 'none' }}>
            {label}
          </Text>
          <Box h={8} style={{ flex: 1 }} aria-hidden="true">
            <Box h={8} className="label-bar" style={{ width: `${(100 * count) / most}%` }} />
          </Box>
          <Text size="sm" c="dimmed" className="numbers" w={64} ta="right" style={{ flex: 'none' }}>
            {formatCount(count)}
          </Text>
        </Group>
      ))}
      {rest > 0 && (
        <Text size="sm" c="dimmed">
          {`and ${formatCount(rest)} more`}
        </Text>
      )}
    </Stack>
  )
}
