import { Box, Group, Pagination, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import type { DataFacts, TokenPiece } from '../../../shared/domain/data-facts.ts'
import { formatCount } from '../../format/numbers.ts'

const LEGEND = [
  { kind: 'prompt', text: 'given' },
  { kind: 'trained', text: 'learnt' },
  { kind: 'cut', text: 'cut off' },
] as const satisfies readonly { kind: TokenPiece['kind']; text: string }[]

/** Line ends can be seen as tokens, and still end the line. */
const shown = (text: string): string => text.replaceAll('\n', '↵\n')

const Legend = () => (
  <Group gap={14}>
    {LEGEND.map(({ kind, text }) => (
      <Group key={kind} gap={6} wrap="nowrap">
        <span className={`token token-${kind}`} aria-hidden="true">
          abc
        </span>
        <Text size="xs" c="dimmed">
          {text}
        </Text>
      </Group>
    ))}
  </Group>
)

/** The text of a sample for those who cannot see colours. */
const spoken = (pieces: readonly TokenPiece[]): string =>
  `Given: ${textOf(pieces, 'prompt')} Learnt: ${textOf(pieces, 'trained')}`
const textOf = (pieces: readonly TokenPiece[], kind: TokenPiece['kind']): string =>
  pieces
    .filter((piece) => piece.kind === kind)
    .map(({ text }) => text)
    .join('')

/** The first rows as the model sees them, token by token: what is given in grey, what is learnt marked. */
export function TokenSamples({ facts: { samples, place } }: { readonly facts: Pick<DataFacts, 'samples' | 'place'> }) {
  const [page, setPage] = useState(1)
  const sample = samples[page - 1]
  if (sample === undefined) return null
  return (
    <Stack gap={10}>
      <Group justify="space-between">
        <Legend />
        <Group gap={12}>
          <Text size="xs" c="dimmed" className="numbers">
            {`${place} ${sample.line}, ${formatCount(sample.tokens)} tokens`}
          </Text>
          <Pagination
            size="xs"
            total={samples.length}
            value={page}
            onChange={setPage}
            withControls={false}
            getItemProps={(number) => ({ 'aria-label': `Sample ${number}` })}
          />
        </Group>
      </Group>
      <Box className="token-text" tabIndex={0} role="group" aria-label={spoken(sample.pieces)}>
        {sample.pieces.map((piece, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: tokens have no other identity than their place
          <span key={i} className={`token token-${piece.kind}`} aria-hidden="true">
            {shown(piece.text)}
          </span>
        ))}
      </Box>
    </Stack>
  )
}
