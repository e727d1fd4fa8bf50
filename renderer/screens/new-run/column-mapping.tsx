import { Box, Group, NativeSelect, SegmentedControl, SimpleGrid, Text } from '@mantine/core'
import { COLUMN_ROLES, type ColumnRole, type RunConfig } from '../../../shared/domain/run-config.ts'

/** What a row can be made of. */
const SHAPES = {
  auto: { label: 'By their names', roles: [] },
  instruction: { label: 'Instruction and answer', roles: ['instruction', 'input', 'output'] },
  pair: { label: 'Prompt and completion', roles: ['prompt', 'completion'] },
  chat: { label: 'Conversation', roles: ['messages'] },
  text: { label: 'Text', roles: ['text'] },
  labelled: { label: 'Text and label', roles: ['label', 'text', 'text_pair'] },
  tags: { label: 'Tokens and tags', roles: ['tags', 'tokens'] },
} as const satisfies Record<string, { label: string; roles: readonly ColumnRole[] }>
type ShapeName = keyof typeof SHAPES
type Columns = Readonly<Partial<Record<ColumnRole, string>>>

const OPTIONAL: ReadonlySet<ColumnRole> = new Set<ColumnRole>(['input', 'text_pair'])
const shapeNames = Object.keys(SHAPES) as ShapeName[]

/** The role that tells a shape from the others; labelled texts have a text too, so they are asked for first. */
const SHAPE_MARKS = [
  ['labelled', 'label'],
  ['tags', 'tags'],
  ['instruction', 'instruction'],
  ['pair', 'prompt'],
  ['chat', 'messages'],
  ['text', 'text'],
] as const satisfies readonly (readonly [ShapeName, ColumnRole])[]

const shapeOf = (columns: Columns): ShapeName =>
  SHAPE_MARKS.find(([, role]) => columns[role] !== undefined)?.[0] ?? 'auto'

/** A first guess: a column named like its role, else the next one not taken. */
function guess(shape: ShapeName, columns: readonly string[]): Columns {
  const roles: readonly ColumnRole[] = SHAPES[shape].roles.filter(
    (role) => !OPTIONAL.has(role) || columns.includes(role),
  )
  const rest = columns.filter((name) => !COLUMN_ROLES.some((role) => role === name))
  return Object.fromEntries(
    roles.map((role, i) => [role, columns.includes(role) ? role : (rest[i] ?? columns[i] ?? columns[0] ?? '')]),
  )
}

type Props = {
  /** Of the file. */
  readonly columns: readonly string[]
  readonly mapped: Columns
  readonly task: RunConfig['task_type']
  readonly onChange: (mapped: Columns) => void
  readonly error?: string | undefined
}

/** The shapes that the task can learn from. */
function shapesFor(task: RunConfig['task_type']): readonly ShapeName[] {
  if (task === 'TOKEN_CLS') return ['auto', 'tags']
  return task === 'CAUSAL_LM' ? ['auto', 'instruction', 'pair', 'chat', 'text'] : ['auto', 'labelled']
}

/** Which column of the file is what. */
export function ColumnMapping({ columns, mapped, task, onChange, error }: Props) {
  const shape = shapeOf(mapped)
  return (
    <Box>
      <Group gap={12} mb={8}>
        <Text size="sm" fw={500} id="columns-label">
          Columns are taken
        </Text>
        <SegmentedControl
          size="xs"
          aria-labelledby="columns-label"
          value={shape}
          onChange={(next) => onChange(guess(shapeNames.find((name) => name === next) ?? 'auto', columns))}
          data={shapesFor(task).map((name) => ({ value: name, label: SHAPES[name].label }))}
        />
      </Group>
      {shape !== 'auto' && (
        <SimpleGrid cols={{ base: 1, sm: 3 }} spacing={12}>
          {SHAPES[shape].roles.map((role) => (
            <NativeSelect
              key={role}
              size="sm"
              label={role}
              data={[
                ...(OPTIONAL.has(role) ? [{ value: '', label: 'none' }] : []),
                ...columns.map((name) => ({ value: name, label: name })),
              ]}
              value={mapped[role] ?? ''}
              onChange={({ currentTarget: { value } }) => {
                const { [role]: _, ...others } = mapped
                onChange(value === '' ? others : { ...mapped, [role]: value })
              }}
            />
          ))}
        </SimpleGrid>
      )}
      {error && (
        <Text size="xs" c="var(--studio-danger)" mt={4}>
          {error}
        </Text>
      )}
    </Box>
  )
}
