import { Box, Button, Group, Stack, Title, useComputedColorScheme } from '@mantine/core'
import { useCallback, useMemo, useState } from 'react'
import type { SetZoom, StepRange } from '../../charts/chart.ts'
import { CompareCard } from '../../charts/compare-card.tsx'
import { COMPARE_CHARTS } from '../../charts/compare-charts.tsx'
import { hrefOf } from '../../router/route.ts'
import { Card } from '../../ui/card.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorAlert } from '../../ui/error-alert.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Page } from '../../ui/page.tsx'
import { ChartOptionsBar, useChartOptions } from '../run/chart-options.tsx'
import { isActive } from '../runs/run-figures.ts'
import { comparedRuns, farthest, placeRun, type ReadFeed, sameRange } from './compared-runs.ts'
import { FinalTable } from './final-table.tsx'
import { PairedRuns } from './paired-runs.tsx'
import { type Feed, RunFeed } from './run-feed.tsx'
import { MOST_RUNS, RunPicker } from './run-picker.tsx'
import { SettingsTable } from './settings-table.tsx'

const isRead = (feed: Feed | undefined): feed is ReadFeed => feed?.run !== undefined

type BodyProps = {
  readonly feeds: readonly ReadFeed[]
  readonly zoom: StepRange | null
  readonly onZoom: SetZoom
}

/** Charts and tables of the runs that were read; the axis is that of the run that reaches farthest. */
function Comparison({ feeds, zoom, onZoom }: BodyProps) {
  const [options, setOptions] = useChartOptions()
  const scheme = useComputedColorScheme('light')
  const placed = useMemo(() => feeds.map((feed) => placeRun(feed, options.axis)), [feeds, options.axis])
  const { axis, end } = farthest(placed) ?? {}
  const view = useMemo(() => {
    if (axis === undefined || end === undefined) return null
    const full = { from: 0, to: end }
    return { axis, full, range: zoom ?? full, zoomed: zoom !== null, onZoom }
  }, [axis, end, zoom, onZoom])
  const runs = useMemo(
    () => (view === null ? [] : comparedRuns(feeds, placed, view, scheme)),
    [feeds, placed, view, scheme],
  )
  if (view === null) return null
  const { smoothing, logScale } = options
  return (
    <Stack gap={14}>
      <Card title={feeds.some(({ run }) => isActive(run)) ? 'Where they stand' : 'Where they ended'}>
        <FinalTable feeds={feeds} runs={runs} />
      </Card>
      <PairedRuns feeds={feeds} />
      <Card title="Changed settings">
        <SettingsTable feeds={feeds} runs={runs} />
      </Card>
      <section aria-label="Curves">
        <Group justify="space-between" mb={8} mih={44} gap={16}>
          <Title order={2}>Curves</Title>
          <ChartOptionsBar options={options} onChange={setOptions} view={view} />
        </Group>
        <Box className="charts-learning charts-compare">
          {COMPARE_CHARTS.map((spec) => (
            <CompareCard key={spec.id} spec={spec} properties={{ runs, view, smoothing, logScale, scheme }} />
          ))}
        </Box>
      </section>
    </Stack>
  )
}

const Nothing = () => (
  <Box className="studio-card">
    <EmptyState
      icon="compare"
      title="Choose two to six runs"
      text="Their curves are laid over each other, with a table of what they reached and the settings that differ."
    >
      <Button component="a" href={hrefOf({ screen: 'runs' })} variant="default">
        Open the list of runs
      </Button>
    </EmptyState>
  </Box>
)

/** Curves do not say how a model answers; this asks all of them the same. */
const SamePrompt = ({ runs }: { readonly runs: readonly string[] }) => (
  <Button
    component="a"
    variant="default"
    href={hrefOf({ screen: 'chat', models: runs.map((runId) => ({ kind: 'tuned', runId, step: null })) })}
    leftSection={<Icon name="chat" size={16} />}
  >
    Ask them the same
  </Button>
)

type Feeds = Readonly<Record<string, Feed>>

/** The range each run is to be finer in: the visible one, in its own steps. */
function rangeOf(
  feed: Feed | undefined,
  zoom: { readonly range: StepRange; readonly by: ReadFeed } | null,
  mode: Mode,
) {
  if (zoom === null || !isRead(feed)) return null
  return sameRange(zoom.range, placeRun(zoom.by, mode).axis, placeRun(feed, mode).axis)
}
type Mode = ReturnType<typeof useChartOptions>[0]['axis']

/** Several runs beside each other. */
export function CompareScreen({ runs }: { readonly runs: readonly string[] }) {
  const chosen = useMemo(() => [...new Set(runs)].slice(0, MOST_RUNS), [runs])
  const [feeds, setFeeds] = useState<Feeds>({})
  const [zoom, setZoom] = useState<StepRange | null>(null)
  const [{ axis: mode }] = useChartOptions()
  const onFeed = useCallback((runId: string, feed: Feed) => setFeeds((old) => ({ ...old, [runId]: feed })), [])
  const shown = useMemo(() => chosen.map((id) => feeds[id]).filter(isRead), [chosen, feeds])
  const placed = shown.map((feed) => placeRun(feed, mode))
  const far = farthest(placed)
  const by = shown.find(({ run }) => run.id === far?.id)
  const failed = chosen.filter((id) => feeds[id]?.error)
  return (
    <Page
      title="Compare"
      subtitle="What runs reached, how they got there, and which settings made the difference."
      actions={chosen.length >= 2 && <SamePrompt runs={chosen} />}
    >
      <RunPicker runs={chosen} />
      {chosen.map((id) => (
        <RunFeed
          key={id}
          runId={id}
          range={rangeOf(feeds[id], zoom && by ? { range: zoom, by } : null, mode)}
          onFeed={onFeed}
        />
      ))}
      {failed.map((id) => (
        <Box key={id} mb={14}>
          <ErrorAlert title={`The run ${id} could not be read`} error={feeds[id]?.error} />
        </Box>
      ))}
      {chosen.length < 2 && <Nothing />}
      {chosen.length >= 2 && shown.length > 0 && <Comparison feeds={shown} zoom={zoom} onZoom={setZoom} />}
    </Page>
  )
}
