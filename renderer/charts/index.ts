import { accuracyChart } from './accuracy.tsx'
import type { ChartSpec } from './chart.ts'
import { decompositionChart } from './decomposition.tsx'
import { deltaDChart } from './delta-d.tsx'
import { deltaMChart } from './delta-m.tsx'
import { gainMeanChart } from './gain-mean.tsx'
import { gainSpreadChart } from './gain-spread.tsx'
import { gradientNormChart } from './gradient-norm.tsx'
import { heatMapChart } from './heat-map.tsx'
import { learningRateChart } from './learning-rate.tsx'
import { lossChart } from './loss.tsx'
import { memoryChart } from './memory.tsx'
import { stepTimeChart } from './step-time.tsx'
import { throughputChart } from './throughput.tsx'

/** Every chart of a run, in the order they are drawn. */
export const CHARTS = [
  lossChart,
  accuracyChart,
  learningRateChart,
  gradientNormChart,
  throughputChart,
  memoryChart,
  stepTimeChart,
  deltaMChart,
  deltaDChart,
  heatMapChart,
  decompositionChart,
  gainSpreadChart,
  gainMeanChart,
] as const satisfies readonly ChartSpec[]
