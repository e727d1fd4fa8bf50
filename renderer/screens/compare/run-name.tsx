import { Anchor, Box, Group, Text } from '@mantine/core'
import type { ComparedRun } from '../../charts/compare-chart.ts'
import { hrefOf } from '../../router/route.ts'

type Props = {
  readonly run: ComparedRun
  /** A few quiet words below the name. */
  readonly note?: string
}

/** The name of a compared run beside its line. */
export const RunName = ({ run: { id, label, colour, dash }, note }: Props) => (
  <Group gap={8} wrap="nowrap" miw={0}>
    <svg width={26} height={8} style={{ flex: 'none' }} aria-hidden="true">
      <line x1={1} x2={25} y1={4} y2={4} stroke={colour} strokeWidth={3} strokeDasharray={dash} />
    </svg>
    <Box miw={0}>
      <Anchor
        href={hrefOf({ screen: 'run', runId: id, tab: 'curves' })}
        size="sm"
        fw={600}
        display="block"
        truncate
        title={label}
      >
        {label}
      </Anchor>
      {note && (
        <Text size="xs" c="dimmed" fw={400}>
          {note}
        </Text>
      )}
    </Box>
  </Group>
)
