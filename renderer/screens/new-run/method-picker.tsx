import { Box, Group, Radio, SimpleGrid, Text } from '@mantine/core'
import { METHOD_KINDS, METHODS, type MethodKind } from '../../../shared/domain/method.ts'

type Props = { readonly value: MethodKind; readonly onChange: (method: MethodKind) => void }

/** One card a method, with what it does. */
export const MethodPicker = ({ value, onChange }: Props) => (
  <Radio.Group
    aria-label="Method"
    value={value}
    onChange={(next) => onChange(METHOD_KINDS.find((kind) => kind === next) ?? value)}
  >
    <SimpleGrid cols={{ base: 1, md: 3 }} spacing={10}>
      {METHOD_KINDS.map((kind) => (
        <Radio.Card
          key={kind}
          value={kind}
          p={12}
          radius="md"
          className="choice-card method-card"
          aria-label={METHODS[kind].label}
        >
          <Group wrap="nowrap" align="flex-start" gap={10}>
            <Radio.Indicator mt={2} />
            <Box>
              <Text size="sm" fw={600}>
                {METHODS[kind].label}
              </Text>
              <Text size="xs" c="dimmed">
                {METHODS[kind].summary}
              </Text>
            </Box>
          </Group>
        </Radio.Card>
      ))}
    </SimpleGrid>
  </Radio.Group>
)
