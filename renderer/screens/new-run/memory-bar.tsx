import { Box, Group, Progress, Text, TextInput } from '@mantine/core'
import { formatBytes } from '../../../shared/domain/amounts.ts'
import { type RunPreview, wholeMemory } from '../../../shared/domain/run-preview.ts'
import { limitOf, type MemoryLimit } from './use-memory-limit.ts'

type Memory = NonNullable<RunPreview['plan']>['memory']

const PARTS = [
  { key: 'weights', label: 'Weights', colour: 'var(--chart-1)' },
  { key: 'adapter', label: 'Adapter', colour: 'var(--chart-2)' },
  { key: 'optimizer', label: 'Optimizer', colour: 'var(--chart-3)' },
  { key: 'activations', label: 'Activations', colour: 'var(--chart-4)' },
  { key: 'engine', label: 'Program', colour: 'var(--mantine-color-dimmed)' },
] as const satisfies readonly { key: keyof Memory; label: string; colour: string }[]

/** Where a user wants to keep memory for other programs. */
const LimitInput = ({ typed, setTyped, keepNow, error }: MemoryLimit) => (
  <Group justify="space-between" wrap="nowrap" mt={8} gap={10}>
    <Text size="xs" c="dimmed" component="label" htmlFor="memory-limit">
      Limit in GB, empty for all that is free
    </Text>
    <TextInput
      id="memory-limit"
      size="xs"
      w={84}
      inputMode="decimal"
      value={typed}
      error={error !== null || (typed.trim() !== '' && limitOf(typed) === null)}
      title={error?.message}
      onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      onBlur={keepNow}
    />
  </Group>
)

/** Memory by what it is for, as a share of what is free or of the user's limit. */
export function MemoryBar({ memory, limit }: { readonly memory: Memory; readonly limit: MemoryLimit }) {
  const needed = wholeMemory(memory)
  const limited = limit.limit !== null && limit.limit < memory.available
  const room = limited ? (limit.limit as number) : memory.available
  const whole = Math.max(needed, room)
  return (
    <Box>
      <Group justify="space-between" mb={4}>
        <Text size="sm">Memory</Text>
        <Text size="sm" className="numbers" c={needed > room ? 'var(--studio-danger)' : undefined}>
          {`${formatBytes(needed)} of ${formatBytes(room)} ${limited ? 'allowed' : 'free'}`}
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
      <LimitInput {...limit} />
    </Box>
  )
}
