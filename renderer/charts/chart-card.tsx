import { Box, Group, Text, Title } from '@mantine/core'
import { memo } from 'react'
import type { ChartProps, ChartSpec } from './chart.ts'

type Props = ChartProps & { readonly spec: ChartSpec }

/** Metrics stream in all the time; a chart is drawn again only when its own have changed. */
function sameDrawing(a: Props, b: Props): boolean {
  return (
    a.spec === b.spec &&
    a.smoothing === b.smoothing &&
    a.logScale === b.logScale &&
    a.axisEnd === b.axisEnd &&
    a.scheme === b.scheme &&
    a.spec.metrics.every((name) => a.snapshot.get(name) === b.snapshot.get(name))
  )
}

/** A chart in its card, with its heading. */
export const ChartCard = memo(function ChartCard({ spec, ...props }: Props) {
  const { component: Chart, id, title, caption, wide = false } = spec
  return (
    <Box
      component="figure"
      m={0}
      className={`studio-card chart-card ${wide ? 'chart-wide' : ''}`}
      aria-labelledby={`chart-${id}`}
      data-chart={id}
    >
      <Group gap={10} px={14} pt={10} wrap="nowrap" align="baseline">
        <Title order={3} id={`chart-${id}`} style={{ whiteSpace: 'nowrap' }}>
          {title}
        </Title>
        <Text size="xs" c="dimmed" truncate title={caption}>
          {caption}
        </Text>
      </Group>
      <Box pl={14} pr={8} pt={2} pb={8}>
        <Chart {...props} />
      </Box>
    </Box>
  )
}, sameDrawing)
