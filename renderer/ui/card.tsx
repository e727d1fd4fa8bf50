import { Box, Group, Title } from '@mantine/core'
import type { ReactNode } from 'react'

type Props = {
  readonly title: string
  readonly action?: ReactNode
  readonly note?: ReactNode
  readonly children: ReactNode
}

/** A titled part of a screen. */
export const Card = ({ title, action, note, children }: Props) => (
  <Box className="studio-card" p={16} component="section" aria-label={title}>
    <Group justify="space-between" mb={10} mih={30} wrap="nowrap" align="center">
      <Title order={2}>{title}</Title>
      {action}
    </Group>
    {note}
    {children}
  </Box>
)
