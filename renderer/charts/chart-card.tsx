import { Box, Button, Group, Text, Title } from '@mantine/core'
import { type ComponentType, memo, type ReactNode, useMemo, useRef } from 'react'
import type { MetricName } from '../../shared/domain/metric.ts'
import type { StepRange } from './chart.ts'
import { PLOT_HEIGHT } from './plot-frame.tsx'
import { useDownloads } from './use-downloads.ts'
import { useInSight, useQueued } from './use-queued.ts'

/** What a card needs to know of its chart. */
export type CardInfo = {
  readonly id: string
  readonly title: string
  readonly caption: string
  readonly wide?: boolean
  readonly metrics: readonly MetricName[]
}

/** A run whose stored values a chart's CSV holds, and the steps that are shown of it. */
export type DownloadSource = { readonly runId: string; readonly run: string; readonly range: StepRange }

type CardProps = {
  readonly info: CardInfo
  readonly sources: readonly DownloadSource[]
  readonly children: ReactNode
}

/** Height of the legend and the drawing: the same before the first drawing. */
const BODY_HEIGHT = PLOT_HEIGHT + 24

const DownloadButtons = ({ info, sources, card }: Omit<CardProps, 'children'> & { card: CardRef }) => {
  const { csv, png, busy } = useDownloads({ info, sources, card })
  return (
    <Group gap={2} wrap="nowrap" ml="auto" className="chart-downloads">
      <Button
        size="compact-xs"
        variant="subtle"
        color="gray"
        onClick={csv}
        loading={busy}
        aria-label={`${info.title}: save as CSV`}
      >
        CSV
      </Button>
      <Button size="compact-xs" variant="subtle" color="gray" onClick={png} aria-label={`${info.title}: save as PNG`}>
        PNG
      </Button>
    </Group>
  )
}

export type CardRef = { readonly current: HTMLElement | null }

const Heading = ({
  info: { id, title, caption },
  children,
}: {
  readonly info: CardInfo
  readonly children: ReactNode
}) => (
  <Group gap={10} px={14} pt={8} h={34} wrap="nowrap" align="center">
    <Title order={3} id={`chart-${id}`} style={{ whiteSpace: 'nowrap' }}>
      {title}
    </Title>
    <Text size="xs" c="dimmed" truncate title={caption} miw={0}>
      {caption}
    </Text>
    {children}
  </Group>
)

type Props<P extends object> = Omit<CardProps, 'children'> & {
  readonly chart: ComponentType<P>
  /** New properties are drawn when it is this chart's turn; keep their identity where nothing changed. */
  readonly properties: P
}

function PlainCard<P extends object>({ info, sources, chart: Chart, properties }: Props<P>) {
  const card = useRef<HTMLElement>(null)
  const drawn = useQueued(properties, useInSight(card))
  const drawing = useMemo(() => (drawn === null ? null : <Chart {...drawn} />), [Chart, drawn])
  return (
    <Box
      component="figure"
      ref={card}
      m={0}
      className={`studio-card chart-card ${info.wide ? 'chart-wide' : ''}`}
      aria-labelledby={`chart-${info.id}`}
      data-chart={info.id}
    >
      <Heading info={info}>
        <DownloadButtons info={info} sources={sources} card={card} />
      </Heading>
      <Box pl={14} pr={8} pt={2} pb={8} mih={BODY_HEIGHT + 10}>
        {drawing}
      </Box>
    </Box>
  )
}

/** A chart in its card, with its heading and downloads. */
export const ChartCard = memo(PlainCard) as typeof PlainCard
