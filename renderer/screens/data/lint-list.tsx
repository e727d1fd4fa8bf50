import { Group, Stack, Text } from '@mantine/core'
import type { DataFacts, LintFinding } from '../../../shared/domain/data-facts.ts'
import { formatCount } from '../../format/numbers.ts'
import { Icon } from '../../ui/icon.tsx'

const TEXTS = {
  duplicate: {
    what: 'stand in the file more than once',
    cure: 'They count more than others; remove them unless that is wanted.',
  },
  'empty-output': {
    what: 'have no answer',
    cure: 'The model would learn to say nothing; fill them in or remove them.',
  },
  overlap: { what: 'stand in the validation file too', cure: 'The validation loss would look better than it is.' },
  truncated: { what: 'are longer than the limit and are cut', cure: 'Raise the longest sample, or shorten them.' },
  dropped: { what: 'have nothing left to learn and are left out', cure: 'Their prompts alone reach the limit.' },
} as const satisfies Record<LintFinding['kind'], { what: string; cure: string }>

const lineText = ({ lines, rows }: LintFinding, place: DataFacts['place']): string =>
  `${place === 'line' ? 'Line' : 'Row'}${rows === 1 ? '' : 's'} ${lines.join(', ')}${rows > lines.length ? ', …' : ''}`

/** What looks wrong about the rows, with their places in the file. */
export function LintList({ facts: { lint, place } }: { readonly facts: Pick<DataFacts, 'lint' | 'place'> }) {
  if (lint.length === 0) {
    return (
      <Group gap={8} c="var(--studio-good)">
        <Icon name="check" />
        <Text size="sm">No duplicates, empty answers, leaks or cut rows.</Text>
      </Group>
    )
  }
  return (
    <Stack gap={12}>
      {lint.map((finding) => (
        <Group key={finding.kind} gap={10} wrap="nowrap" align="flex-start" data-lint={finding.kind}>
          <span style={{ color: 'var(--studio-warning)', marginTop: 2 }}>
            <Icon name="alert" />
          </span>
          <div style={{ minWidth: 0 }}>
            <Text size="sm" fw={600}>
              {`${formatCount(finding.rows)} row${finding.rows === 1 ? '' : 's'} ${TEXTS[finding.kind].what}`}
            </Text>
            <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {`${lineText(finding, place)}. ${TEXTS[finding.kind].cure}`}
            </Text>
          </div>
        </Group>
      ))}
    </Stack>
  )
}
