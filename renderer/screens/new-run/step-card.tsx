import { Box, Group, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

type Props = { readonly step: number; readonly title: string; readonly hint?: string; readonly children: ReactNode }

/** One step of the way to a run. */
export const StepCard = ({ step, title, hint, children }: Props) => (
  <Box className="studio-card" p={16} component="section" aria-label={title}>
    <Group gap={10} mb={12} wrap="nowrap" align="baseline">
      <span className="step-number" aria-hidden="true">
        {step}
      </span>
      <Title order={2}>{title}</Title>
      {hint !== undefined && (
        <Text size="sm" c="dimmed">
          {hint}
        </Text>
      )}
    </Group>
    {children}
  </Box>
)
