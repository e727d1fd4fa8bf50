import { Box, Text } from '@mantine/core'
import type { ReactNode } from 'react'

type Props = { readonly label: string; readonly value: ReactNode; readonly note?: string }

/** A labelled figure; digits keep their width, so nothing moves while it changes. */
export const FigureItem = ({ label, value, note }: Props) => (
  <Box miw={0}>
    <Text size="xs" c="dimmed" lh={1.4} truncate title={label}>
      {label}
    </Text>
    <Text className="numbers" fz={17} fw={600} lh={1.35} truncate>
      {value}
    </Text>
    {note !== undefined && (
      <Text className="numbers" size="xs" c="dimmed" lh={1.4} truncate>
        {note}
      </Text>
    )}
  </Box>
)
