import { List, Text } from '@mantine/core'
import type { Problem } from '../../shared/domain/model-facts.ts'

/** What stands in the way, each with its cure. */
export const ProblemList = ({ problems }: { readonly problems: readonly Problem[] }) => (
  <List size="sm" spacing={6} listStyleType="none">
    {problems.map(({ message, hint }) => (
      <List.Item key={message} style={{ overflowWrap: 'anywhere' }}>
        {message}
        {hint !== '' && (
          <Text size="sm" c="dimmed">
            {hint}
          </Text>
        )}
      </List.Item>
    ))}
  </List>
)
