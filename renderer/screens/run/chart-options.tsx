import { Button, Group, SegmentedControl, Slider, Switch, Text } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { AXIS_MODES, type AxisMode, type ChartOptions, type ChartView } from '../../charts/chart.ts'
import { rangeText } from '../../charts/x-axis.ts'
import { ZOOM_KEYS } from '../../charts/zoom.ts'

const DEFAULTS: ChartOptions = { smoothing: 0.9, logScale: false, axis: 'step' }
const AXES = Object.keys(AXIS_MODES) as AxisMode[]

/** What an older or damaged visit left is filled up and checked. */
export function readOptions(text: string | undefined): ChartOptions {
  let saved: unknown
  try {
    saved = JSON.parse(text ?? '{}')
  } catch {
    return DEFAULTS
  }
  const { smoothing, logScale, axis }: { [K in keyof ChartOptions]?: unknown } = Object(saved)
  return {
    smoothing: typeof smoothing === 'number' && smoothing >= 0 && smoothing <= 0.99 ? smoothing : DEFAULTS.smoothing,
    logScale: typeof logScale === 'boolean' ? logScale : DEFAULTS.logScale,
    axis: AXES.find((mode) => mode === axis) ?? DEFAULTS.axis,
  }
}

/** The user's choice, kept over visits. */
export const useChartOptions = () =>
  useLocalStorage<ChartOptions>({
    key: 'dora-studio.charts',
    defaultValue: DEFAULTS,
    getInitialValueInEffect: false,
    deserialize: readOptions,
  })

const ZOOM_BUTTONS = [
  { keys: '[', text: '‹', label: 'Move the zoom to earlier steps' },
  { keys: '+', text: '+', label: 'Zoom in' },
  { keys: '-', text: '−', label: 'Zoom out' },
  { keys: ']', text: '›', label: 'Move the zoom to later steps' },
] as const

const WAYS = 'Drag across a chart to zoom, double-click to reset. Keys in a chart: + − [ ] 0'

const ZoomButtons = ({ view }: { readonly view: ChartView }) => (
  <Group gap={8} wrap="nowrap" role="group" aria-label="Zoom of all charts" title={WAYS}>
    <Button.Group>
      {ZOOM_BUTTONS.map(({ keys, text, label }) => (
        <Button
          key={keys}
          size="compact-sm"
          variant="default"
          w={30}
          px={0}
          aria-label={label}
          onClick={() => view.onZoom((now) => ZOOM_KEYS[keys]?.(now ?? view.full, view.full) ?? null)}
        >
          {text}
        </Button>
      ))}
    </Button.Group>
    <Button
      size="compact-sm"
      variant={view.zoomed ? 'light' : 'default'}
      disabled={!view.zoomed}
      onClick={() => view.onZoom(null)}
    >
      Reset
    </Button>
    <Text size="xs" c="dimmed" className="numbers zoom-range" aria-live="polite" data-zoom={view.zoomed}>
      {view.zoomed ? rangeText(view.axis, view.range) : 'whole run'}
    </Text>
  </Group>
)

type Props = {
  readonly options: ChartOptions
  readonly onChange: (options: ChartOptions) => void
  readonly view: ChartView
}

const Smoothing = ({ options, onChange }: Omit<Props, 'view'>) => (
  <Group gap={10} wrap="nowrap">
    <Text size="sm" c="dimmed" id="smoothing-label">
      Smoothing
    </Text>
    <Slider
      w={80}
      size="sm"
      min={0}
      max={0.99}
      step={0.01}
      value={options.smoothing}
      onChange={(smoothing) => onChange({ ...options, smoothing })}
      label={(value) => value.toFixed(2)}
      thumbProps={{ 'aria-labelledby': 'smoothing-label' }}
    />
    <Text size="sm" className="numbers" w={32}>
      {options.smoothing.toFixed(2)}
    </Text>
  </Group>
)

/** Settings that hold for all charts. */
export const ChartOptionsBar = ({ options, onChange, view }: Props) => (
  <Group gap={14} mih={36} wrap="wrap" className="chart-options">
    <Smoothing options={options} onChange={onChange} />
    <Switch
      size="sm"
      label="Log"
      title="Logarithmic vertical axes"
      checked={options.logScale}
      onChange={(event) => onChange({ ...options, logScale: event.currentTarget.checked })}
    />
    <SegmentedControl
      size="xs"
      aria-label="Horizontal axis"
      data={AXES.map((value) => ({ value, label: AXIS_MODES[value].label }))}
      value={options.axis}
      onChange={(value) => onChange({ ...options, axis: AXES.find((mode) => mode === value) ?? 'step' })}
    />
    <ZoomButtons view={view} />
  </Group>
)
