import { accuracyChart } from './accuracy.tsx'
import type { ChartSpec } from './chart.ts'
import { decompositionChart } from './decomposition.tsx'
import { heatMapChart } from './heat-map.tsx'
import { DELTA_CHARTS, GAIN_CHARTS } from './layer-charts.tsx'
import { lossChart } from './loss.tsx'
import { METRIC_CHARTS } from './metric-charts.tsx'

/** Every chart of a run, in the order they are drawn. */
export const CHARTS: readonly ChartSpec[] = [
  lossChart,
  accuracyChart,
  ...METRIC_CHARTS,
  ...DELTA_CHARTS,
  heatMapChart,
  decompositionChart,
  ...GAIN_CHARTS,
]
