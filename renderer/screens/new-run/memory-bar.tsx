import { Box, Group, Progress, Text } from '@mantine/core'
import { formatBytes } from '../../../shared/domain/amounts.ts'
import type { RunPreview } from '../../../shared/domain/run-preview.ts'

type Memory = NonNullable<RunPreview['plan']>['memory']

const PARTS = [
  { key: 'weights', label: 'Weights', colour: 'var(--chart-1)' },
  { key: 'adapter', label: 'Adapter', colour: 'var(--chart-2)' },
  { key: 'optimizer', label: 'Optimizer', colour: 'var(--chart-3)' },
  { key: 'activations', label: 'Activations', colour: 'var(--chart-4)' },
  { key: 'engine', label: 'Program', colour: 'var(--mantine-color-dimmed)' },
] as const satisfies readonly { key: keyof Memory; label: string; colour: string }[]

export const neededMemory = (memory: Memory): number => PARTS.reduce((sum, { key }) => sum + memory[key], 0)

/** Memory by what it is for, as a share of what is free. */
export function MemoryBar({ memory }: { readonly memory: Memory }) {
  const needed = neededMemory(memory)
  const whole = Math.max(needed, memory.available)
  return (
    <Box>
      <Group justify="space-between" mb={4}>
        <Text size="sm">Memory</Text>
        <Text size="sm" className="numbers" c={needed > memory.available ? 'var(--studio-danger)' : undefined}>
          {`${formatBytes(needed)} of ${formatBytes(memory.available)} free`}
        </Text>
      </Group>
      <Progress.Root size={10} aria-label="Memory by part">
        {PARTS.map(({ key, label, colour }) => (
          <Progress.Section
            key={key}
            value={(100 * memory[key]) / whole}
            color={colour}
            withAria={false}
            title={`${label}: ${formatBytes(memory[key])}`}
          />
        ))}
      </Progress.Root>
      <Box mt={6} className="memory-legend numbers">
        {PARTS.map(({ key, label, colour }) => (
          <Group key={key} gap={6} wrap="nowrap">
            <span className="legend-dot" style={{ background: colour }} />
            <Text size="xs" c="dimmed">
              {`${label} ${formatBytes(memory[key])}`}
            </Text>
          </Group>
        ))}
      </Box>
    </Box>
  )
}
