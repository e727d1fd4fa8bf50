import { Button, Group, Text, Title } from '@mantine/core'
import { type ComponentType, memo, useEffect, useMemo, useRef } from 'react'
import type { MetricName } from '../../shared/domain/metric.ts'
import type { StepRange } from './chart.ts'
import { PLOT_HEIGHT } from './plot-size.ts'
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

/** Legend, drawing and the space around them: the same before the first drawing. */
const BODY_HEIGHT = PLOT_HEIGHT + 34

export type CardRef = { readonly current: HTMLElement | null }

type HeadingProps = {
  readonly info: CardInfo
  readonly card: CardRef
  /** Of what is drawn now; a reference, so that a zoom does not draw the heading again. */
  readonly sources: { readonly current: readonly DownloadSource[] }
}

const Heading = memo(({ info, card, sources }: HeadingProps) => {
  const { csv, png, busy } = useDownloads({ info, sources, card })
  const look = { size: 'compact-xs', variant: 'subtle', color: 'gray', px: 4 } as const
  return (
    <Group gap={8} pl={14} pr={10} pt={8} h={34} wrap="nowrap" align="center">
      <Title order={3} id={`chart-${info.id}`} style={{ whiteSpace: 'nowrap' }}>
        {info.title}
      </Title>
      <Text size="xs" c="dimmed" truncate title={info.caption} miw={0}>
        {info.caption}
      </Text>
      <Group gap={0} wrap="nowrap" ml="auto" className="chart-downloads">
        <Button {...look} onClick={csv} loading={busy} aria-label={`${info.title}: save as CSV`}>
          CSV
        </Button>
        <Button {...look} onClick={png} aria-label={`${info.title}: save as PNG`}>
          PNG
        </Button>
      </Group>
    </Group>
  )
})

type Props<P extends object> = {
  readonly info: CardInfo
  readonly sources: readonly DownloadSource[]
  readonly chart: ComponentType<P>
  /** New properties are drawn when it is this chart's turn; keep their identity where nothing changed. */
  readonly properties: P
}

function PlainCard<P extends object>({ info, sources, chart: Chart, properties }: Props<P>) {
  const card = useRef<HTMLElement>(null)
  const latestSources = useRef(sources)
  useEffect(() => {
    latestSources.current = sources
  }, [sources])
  const drawn = useQueued(properties, useInSight(card))
  const drawing = useMemo(() => (drawn === null ? null : <Chart {...drawn} />), [Chart, drawn])
  return (
    <figure
      ref={card}
      className={`studio-card chart-card ${info.wide ? 'chart-wide' : ''}`}
      aria-labelledby={`chart-${info.id}`}
      data-chart={info.id}
    >
      <Heading info={info} sources={latestSources} card={card} />
      <div className="chart-body" style={{ minHeight: BODY_HEIGHT }}>
        {drawing}
      </div>
    </figure>
  )
}

/** A chart in its card, with its heading and downloads. */
export const ChartCard = memo(PlainCard) as typeof PlainCard
