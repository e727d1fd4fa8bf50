import { Box, Group, Radio, Text } from '@mantine/core'
import type { ReactNode } from 'react'

type Props = {
  readonly value: string
  /** The name of the choice, also for screen readers. */
  readonly label: string
  readonly title?: ReactNode
  readonly children: ReactNode
  readonly disabled?: boolean
}

/** A choice of a radio group as a card: all of it can be pressed, and what it means stands below its name. */
export const ChoiceCard = ({ value, label, title = label, children, disabled = false }: Props) => (
  <Radio.Card value={value} p={12} radius="md" className="choice-card" aria-label={label} disabled={disabled}>
    <Group wrap="nowrap" align="flex-start" gap={10}>
      <Radio.Indicator mt={2} disabled={disabled} />
      <Box miw={0}>
        <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
          {title}
        </Text>
        <Text size="xs" c="dimmed" component="div" style={{ overflowWrap: 'anywhere' }}>
          {children}
        </Text>
      </Box>
    </Group>
  </Radio.Card>
)
