import { Group, Slider, Switch, Text } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import type { ChartOptions } from '../../charts/chart.ts'

const DEFAULTS: ChartOptions = { smoothing: 0.9, logScale: false }

/** The user's choice, kept over visits. */
export const useChartOptions = () =>
  useLocalStorage<ChartOptions>({ key: 'dora-studio.charts', defaultValue: DEFAULTS, getInitialValueInEffect: false })

type Props = { readonly options: ChartOptions; readonly onChange: (options: ChartOptions) => void }

/** Settings that hold for all charts. */
export const ChartOptionsBar = ({ options, onChange }: Props) => (
  <Group gap={24} h={36}>
    <Group gap={10} wrap="nowrap">
      <Text size="sm" c="dimmed" id="smoothing-label">
        Smoothing
      </Text>
      <Slider
        w={130}
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
    <Switch
      size="sm"
      label="Logarithmic scale"
      checked={options.logScale}
      onChange={(event) => onChange({ ...options, logScale: event.currentTarget.checked })}
    />
  </Group>
)
